package tenant

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The beginnings of keys that mobilectl makes. Other beginnings are fine, since
// people bring keys along; the wrong one of these two is a slip.
const (
	appKeyPrefix   = "mk_"
	apiTokenPrefix = "mt_"
)

// parseSecret returns the hash of a key or token as the registry gives it, or
// what is wrong with it.
func parseSecret(n *yaml.Node, kind Kind) (sum digest, problem string) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		return digest{}, "must be a text"
	}
	if hash, ok := strings.CutPrefix(n.Value, hashPrefix); ok {
		decoded, err := hex.DecodeString(hash)
		if err != nil || len(decoded) != len(sum) {
			return digest{}, fmt.Sprintf("must have %d hex digits after %s", 2*len(sum), hashPrefix)
		}
		return digest(decoded), ""
	}
	if len(n.Value) < minSecretBytes || len(n.Value) > maxSecretBytes || !isToken(n.Value) {
		return digest{}, fmt.Sprintf("must be %d to %d printable ASCII characters without blanks, or %s and a hash",
			minSecretBytes, maxSecretBytes, hashPrefix)
	}
	if kind == KindApp && strings.HasPrefix(n.Value, apiTokenPrefix) {
		return digest{}, "is an API token (" + apiTokenPrefix + "…); it belongs to the tenant's tokens"
	}
	if kind == KindAPI && strings.HasPrefix(n.Value, appKeyPrefix) {
		return digest{}, "is an app key (" + appKeyPrefix + "…); it belongs to an app's keys"
	}
	return sha256.Sum256([]byte(n.Value)), ""
}

// isToken says whether a text can stand in an HTTP header as it is.
func isToken(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
