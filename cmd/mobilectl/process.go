package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// startTime is how long the Collector may take to be ready.
	startTime = 30 * time.Second
	// stopTime is how long it may take to end.
	stopTime = 30 * time.Second
	// pollEvery is how often its state is asked for.
	pollEvery = 50 * time.Millisecond
)

// collector is a running otelcol-mobile.
type collector struct {
	cmd *exec.Cmd
	log string
	end chan error
}

// startCollector starts the standalone configuration on a folder of data and
// waits until it is ready. Its log goes to a file in that folder.
func startCollector(ctx context.Context, bind, data string) (*collector, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own path: %w", err)
	}
	binary := filepath.Join(filepath.Dir(self), "otelcol-mobile")
	health := bind + ":13133"
	if err = free(ctx, health); err != nil {
		return nil, err
	}
	c := &collector{log: filepath.Join(data, "collector.log"), end: make(chan error, 1)}
	out, err := os.Create(c.log)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = out.Close() }() // the process has its own
	// The process is ended by stop, after ctx: it must not be killed with it.
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), binary, "--config", filepath.Join("config", "standalone.yaml")) //nolint:gosec // the program beside this one
	c.cmd.Env = append(os.Environ(), "MOBILE_BIND="+bind, "MOBILE_DATA="+data)
	c.cmd.Stdout, c.cmd.Stderr = out, out
	// A Ctrl-C on the terminal goes to the whole group; the Collector shall
	// end after this process asked it to.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	go func() { c.end <- c.cmd.Wait() }()
	if err := c.ready(ctx, "http://"+health+"/"); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

// ready waits until the health check answers.
func (c *collector) ready(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		select {
		case err := <-c.end:
			c.end <- err
			return c.ended(err)
		case <-ctx.Done():
			return fmt.Errorf("the collector is not ready; its log is %s: %w", c.log, ctx.Err())
		case <-time.After(pollEvery):
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return fmt.Errorf("ask %s: %w", url, err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return nil
		}
	}
}

// free fails if somebody listens on an address: what answers there would be
// taken for the collector about to be started.
func free(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil //nolint:nilerr // nobody answers: that is what is wanted
	}
	_ = conn.Close()
	return fmt.Errorf("something listens on %s already: another collector? End it, or set MOBILE_BIND to another loopback address such as 127.0.0.2", addr)
}

// ended says why the process ended: what it said last, if it said so.
func (c *collector) ended(err error) error {
	text, readErr := os.ReadFile(c.log)
	if readErr == nil {
		for _, line := range slices.Backward(strings.Split(string(text), "\n")) {
			if reason, ok := strings.CutPrefix(line, "Error: "); ok {
				return fmt.Errorf("the collector ended: %s (its log is %s)", reason, c.log)
			}
		}
	}
	return fmt.Errorf("the collector ended (%v); its log is %s", err, c.log) //nolint:errorlint // it may have ended well
}

// wait returns when the process ends by itself or ctx ends.
func (c *collector) wait(ctx context.Context) error {
	select {
	case err := <-c.end:
		c.end <- err
		return c.ended(err)
	case <-ctx.Done():
		return nil
	}
}

// stop ends the process and waits for it.
func (c *collector) stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-c.end:
		if err != nil {
			return fmt.Errorf("stop the collector: %w; its log is %s", err, c.log)
		}
		return nil
	case <-time.After(stopTime):
		return errors.Join(fmt.Errorf("the collector does not stop; its log is %s", c.log), c.cmd.Process.Kill())
	}
}
