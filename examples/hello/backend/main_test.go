package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestRoutes(t *testing.T) {
	server := httptest.NewServer(routes())
	defer server.Close()

	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{http.MethodGet, "/hello", http.StatusOK, `"message":"Hello from the backend"`},
		{http.MethodGet, "/healthz", http.StatusOK, `"status":"ok"`},
		{http.MethodPost, "/hello", http.StatusMethodNotAllowed, ""},
		{http.MethodGet, "/nowhere", http.StatusNotFound, ""},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			status, body := request(t, server.Client(), test.method, server.URL+test.path)
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if !strings.Contains(body, test.body) {
				t.Errorf("body %q, want it to contain %q", body, test.body)
			}
		})
	}
}

func TestHelloNamesThePlatform(t *testing.T) {
	recorder := httptest.NewRecorder()
	routes().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/hello", nil))

	var got greeting
	if err := json.NewDecoder(recorder.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if want := runtime.GOOS + "/" + runtime.GOARCH; got.Platform != want {
		t.Errorf("platform %q, want %q", got.Platform, want)
	}
	if got := recorder.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
}

func TestServeReplacesAStaleSocketAndStops(t *testing.T) {
	socket := filepath.Join(shortDir(t), "guest-services", "backend.sock")
	leaveStale(t, socket)
	listener, err := listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, routes()) }()

	if status, _ := request(t, dialing(socket), http.MethodGet, "http://localhost/healthz"); status != http.StatusOK {
		t.Errorf("status %d over the socket", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func TestListenKeepsAFileThatIsNoSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("keep me"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path); err == nil {
		t.Error("listened in place of a regular file")
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
}

// shortDir is a folder whose path leaves room for a socket: the kernel takes 104 to 108 bytes in all,
// and t.TempDir alone can use that up.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// leaveStale leaves a socket file behind that nobody listens on, as a killed process does.
func leaveStale(t *testing.T, socket string) {
	t.Helper()
	listener, err := listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
}

func dialing(socket string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

func request(t *testing.T, client *http.Client, method, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
