// Command host-info says on whose machine it runs. It is installed with the extension, and the page calls it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
)

type machine struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Hostname string `json:"hostname"`
}

func main() {
	if err := describe(os.Stdout); err != nil {
		// The page shows what is written here.
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// describe writes what the program knows of its machine as a line of JSON.
func describe(output io.Writer) error {
	hostname, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("find the machine's name: %w", err)
	}
	return json.NewEncoder(output).Encode(machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Hostname: hostname})
}
