package tenantsextension

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/otelcol-mobile/otelcol-mobile/internal/tenant"
)

// errDemo refuses the demo's keys where others could use them.
var errDemo = errors.New("the registry is a demo (demo: true), whose keys everybody knows, and is refused on an address that is not loopback; " +
	"set bind to 127.0.0.1, or file to a registry of your own")

// source is the registry's file. It is used by one goroutine at a time.
type source struct {
	path, bind string
	// last is the digest of the content that was read last, good or bad;
	// unreadable is the last error of reading, "" if it was read.
	last       [sha256.Size]byte
	unreadable string
}

// load reads the registry for the first time.
func (s *source) load() (*tenant.Registry, error) {
	doc, err := s.read()
	if err != nil {
		return nil, err
	}
	s.last = sha256.Sum256(doc)
	return s.parse(doc)
}

// reload reads the file again. changed is false while it is what it was at the
// last look; whatever is wrong with it is told once. The whole content is
// compared, since times and sizes miss quick edits and changed links.
func (s *source) reload() (reg *tenant.Registry, changed bool, err error) {
	doc, err := s.read()
	if err != nil {
		changed = s.unreadable != err.Error()
		s.unreadable = err.Error()
		return nil, changed, err
	}
	s.unreadable = ""
	sum := sha256.Sum256(doc)
	if sum == s.last {
		return nil, false, nil
	}
	s.last = sum
	reg, err = s.parse(doc)
	return reg, true, err
}

func (s *source) read() ([]byte, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, fmt.Errorf("file: read registry: %w", err) // names the path itself
	}
	// One byte more than allowed lets Parse see that there is more.
	doc, err := io.ReadAll(io.LimitReader(f, tenant.MaxBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("file: read registry %q: %w", s.path, err)
	}
	return doc, nil
}

func (s *source) parse(doc []byte) (*tenant.Registry, error) {
	reg, err := tenant.Parse(doc)
	if err != nil {
		return nil, fmt.Errorf("file: parse registry %q: %w", s.path, err)
	}
	if reg.Demo() && !isLoopbackHost(s.bind) {
		return nil, fmt.Errorf("file %q with bind %q: %w", s.path, s.bind, errDemo)
	}
	return reg, nil
}
