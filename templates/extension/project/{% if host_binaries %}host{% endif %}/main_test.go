package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"testing"
)

func TestDescribe(t *testing.T) {
	var output bytes.Buffer
	if err := describe(&output); err != nil {
		t.Fatal(err)
	}
	var got machine
	if err := json.Unmarshal(output.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if want := (machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Hostname: hostname}); got != want {
		t.Errorf("described %+v, want %+v", got, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	if err := describe(full{}); err == nil {
		t.Error("described to where nothing can be written")
	}
}
