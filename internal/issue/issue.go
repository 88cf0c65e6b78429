// Package issue says which fingerprints belong together as one issue. For now
// an issue is the set of fine fingerprints with one coarse fingerprint.
package issue

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Open is the status of an issue that nobody has decided on.
const Open = "open"

// ID is an issue's id: a digest of its first coarse fingerprint and the
// version of the rules that made it. It never changes.
func ID(version string, coarse store.Digest) (id store.Digest) {
	h := sha256.New()
	h.Write([]byte("issue\x00" + version + "\x00"))
	h.Write(coarse[:])
	copy(id[:], h.Sum(nil))
	return id
}

// Text is how an id is written: 32 hex digits.
func Text(id store.Digest) string { return hex.EncodeToString(id[:]) }

// ParseID reads what Text wrote; ok is false for anything else.
func ParseID(s string) (id store.Digest, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}
