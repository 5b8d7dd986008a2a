// Command server is a backend that answers with what the tests of ddClient ask for.
//
//	GET  /get/PATH    a file of the container
//	POST /post        what was sent, as JSON
//	any  /status/N    an answer of that status
//
// It listens on a unix socket where there is a place for one, and on a TCP port elsewhere.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

type posted struct {
	ContentType string `json:"contentType"`
	Body        string `json:"body"`
}

func main() {
	socket := flag.String("socket", "/run/guest-services/hello.sock", "unix socket to listen on")
	port := flag.String("port", ":80", "TCP address to listen on where there is no place for the socket")
	flag.Parse()
	listener, err := listen(*socket, *port)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on %s", listener.Addr())
	go func() { log.Fatal(http.Serve(listener, routes())) }()
	// The first process of a container gets no signal it does not ask for.
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
}

func listen(socket, port string) (net.Listener, error) {
	// A container that is restarted finds the socket of its last run.
	_ = os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err == nil {
		return listener, nil
	}
	log.Printf("no socket: %v", err)
	return net.Listen("tcp", port)
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /get/{path...}", get)
	mux.HandleFunc("POST /post", post)
	mux.HandleFunc("/status/{status}", status)
	return mux
}

func get(w http.ResponseWriter, request *http.Request) {
	content, err := os.ReadFile("/" + request.PathValue("path"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(content)
}

func post(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(posted{request.Header.Get("Content-Type"), string(body)})
}

func status(w http.ResponseWriter, request *http.Request) {
	code, err := strconv.Atoi(request.PathValue("status"))
	if err != nil || code < http.StatusOK || code > 599 {
		http.Error(w, "no such status", http.StatusBadRequest)
		return
	}
	w.WriteHeader(code)
	_, _ = fmt.Fprintf(w, "status %d", code)
}
