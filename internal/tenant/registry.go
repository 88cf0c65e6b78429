// Package tenant is the registry of who may send and who may read: tenants,
// their apps, the keys that apps send with and the tokens that the API is read
// with. It holds hashes only, so that no secret can reach a log or a dump.
package tenant

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Attributes of an authenticated caller, beside mobile.AttrTenantID and
// mobile.AttrAppID, which have the same names on a caller and on a resource.
const (
	// AttrKind is KindApp or KindAPI.
	AttrKind = "auth.kind"
	// AttrApps is the ids of the apps that an API token may read, []string.
	AttrApps = "tenant.apps"
)

// Kind says what a credential is for.
type Kind string

// The kinds of credential.
const (
	// KindApp is an app key. It is public, since it ships in the app; it may
	// write one app's data and read nothing.
	KindApp Kind = "app"
	// KindAPI is an API token. It may read one tenant's data and write nothing.
	KindAPI Kind = "api"
)

const (
	// maxIDBytes is the length of the longest tenant or app id.
	maxIDBytes = 63
	// minSecretBytes and maxSecretBytes bound a key or token. What is presented
	// and longer is unknown without being hashed.
	minSecretBytes = 8
	maxSecretBytes = 256
	// hashPrefix marks a key that is given as its hash.
	hashPrefix = "sha256:"
	// hintDigits is how much of a hash tells one key from another in a log.
	hintDigits = 8
)

// digest is the SHA-256 of a key.
type digest [sha256.Size]byte

// App is one app of a tenant. Name is for people; it is the id where the
// registry gives none.
type App struct {
	ID, Name string
}

// Tenant is one tenant with its apps, in the registry's order.
type Tenant struct {
	ID, Name string
	Apps     []App
}

// Identity is whom a credential belongs to. It is shared by all callers and
// must not be changed.
type Identity struct {
	// Kind says what the credential is for.
	Kind Kind
	// Tenant is the tenant's id.
	Tenant string
	// App is the app's id. Empty for KindAPI.
	App string
	// Apps is the ids of the tenant's apps. Nil for KindApp.
	Apps []string
}

// Registry is who may send and read. It never changes once parsed and is safe
// for concurrent use.
type Registry struct {
	demo    bool
	tenants []Tenant
	keys    map[digest]*Identity
}

// Demo says whether the registry's keys are published and must therefore be
// accepted from this machine only.
func (r *Registry) Demo() bool { return r.demo }

// Tenants returns a copy of the tenants, in the registry's order.
func (r *Registry) Tenants() []Tenant {
	all := slices.Clone(r.tenants)
	for i := range all {
		all[i].Apps = slices.Clone(all[i].Apps)
	}
	return all
}

// Keys returns how many keys and tokens there are.
func (r *Registry) Keys() int { return len(r.keys) }

// Lookup returns whom a presented key or token belongs to. The secret is hashed
// and its hash looked up, so the time that takes depends on the secret's
// length, which its sender knows, and not on how much of it is right.
func (r *Registry) Lookup(secret string) (*Identity, bool) {
	if len(secret) < minSecretBytes || len(secret) > maxSecretBytes {
		return nil, false
	}
	id, ok := r.keys[sha256.Sum256([]byte(secret))]
	return id, ok
}

// Hash returns a key as a registry may hold it: "sha256:" and 64 hex digits.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hashPrefix + hex.EncodeToString(sum[:])
}

// Hint returns eight hex digits that tell a key from others in a log and say
// nothing else about it.
func Hint(secret string) string {
	return Hash(secret)[len(hashPrefix):][:hintDigits]
}

// ValidID says whether a text may be a tenant's or an app's id: 1 to 63 lower
// case letters, digits, underscores and hyphens, beginning with a letter or
// digit. Ids are parts of keys, so nothing else is ever taken for one.
func ValidID(id string) bool {
	if id == "" || len(id) > maxIDBytes || id[0] == '-' || id[0] == '_' {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
