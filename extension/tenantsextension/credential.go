package tenantsextension

import (
	"net"
	"net/netip"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/tenant"
)

const (
	headerAPIKey        = "x-api-key"
	headerAuthorization = "authorization"
	bearer              = "bearer "
)

// refusedError is why a request is refused; "" stands for none. Its text goes
// to the sender as it is, so it is fixed and repeats nothing.
type refusedError string

const (
	errMissing   refusedError = "missing"
	errAmbiguous refusedError = "ambiguous"
	errMalformed refusedError = "malformed"
	errUnknown   refusedError = "unknown"
	errWrongKind refusedError = "wrong_kind"
	errNotLocal  refusedError = "not_local"
	errStopped   refusedError = "stopped"
)

// refusals returns all reasons.
func refusals() []refusedError {
	return []refusedError{
		errMissing, errAmbiguous, errMalformed, errUnknown,
		errWrongKind, errNotLocal, errStopped,
	}
}

// Error implements error.
func (r refusedError) Error() string {
	switch r {
	case errMissing:
		return "no credential: send the app key as x-api-key, or an API token as Authorization: Bearer"
	case errAmbiguous:
		return "the credential's header came more than once"
	case errMalformed:
		return "Authorization must be: Bearer, a blank and an API token"
	case errUnknown:
		return "the credential is not known"
	case errWrongKind:
		return "wrong kind of credential: an app key belongs into x-api-key, an API token into Authorization: Bearer"
	case errNotLocal:
		return "the demo's keys are accepted from the collector's own machine only"
	default:
		return "the registry of tenants is not running"
	}
}

// credential is what a request presents, and as what.
type credential struct {
	secret string
	kind   tenant.Kind
}

// credentialOf finds the credential of a request. Names of headers match in any
// case: HTTP brings them as X-Api-Key, gRPC as x-api-key. Where both headers
// are present the app key decides, for some SDKs and proxies send an
// Authorization of their own.
func credentialOf(headers map[string][]string) (credential, refusedError) {
	var key, auth string
	var keys, auths int
	for name, values := range headers {
		switch {
		case len(values) == 0:
		case strings.EqualFold(name, headerAPIKey):
			keys, key = keys+len(values), values[0]
		case strings.EqualFold(name, headerAuthorization):
			auths, auth = auths+len(values), values[0]
		}
	}
	switch {
	case keys > 1 || keys == 0 && auths > 1:
		return credential{}, errAmbiguous
	case keys == 1 && key != "":
		return credential{key, tenant.KindApp}, ""
	case keys == 1 || auth == "":
		return credential{}, errMissing
	case len(auth) <= len(bearer) || !strings.EqualFold(auth[:len(bearer)], bearer):
		return credential{}, errMalformed
	default:
		return credential{auth[len(bearer):], tenant.KindAPI}, ""
	}
}

// isLoopbackPeer says whether a peer's address shows that it is on this
// machine. An unknown address shows nothing.
func isLoopbackPeer(peer net.Addr) bool {
	var ip net.IP
	switch a := peer.(type) {
	case *net.IPAddr:
		ip = a.IP
	case *net.TCPAddr:
		ip = a.IP
	case *net.UnixAddr:
		return true
	default:
		return false
	}
	addr, ok := netip.AddrFromSlice(ip)
	return ok && addr.Unmap().IsLoopback()
}

// authData is what the pipelines know of an authenticated caller: tenant.id,
// auth.kind, and app.id of an app key or tenant.apps of an API token.
type authData struct{ id *tenant.Identity }

// GetAttribute implements client.AuthData. It returns nil for what it does not
// know.
func (d authData) GetAttribute(name string) any {
	switch name {
	case mobile.AttrTenantID:
		return d.id.Tenant
	case tenant.AttrKind:
		return string(d.id.Kind)
	case mobile.AttrAppID:
		if d.id.Kind == tenant.KindApp {
			return d.id.App
		}
	case tenant.AttrApps:
		if d.id.Kind == tenant.KindAPI {
			return append([]string{}, d.id.Apps...)
		}
	}
	return nil
}

// GetAttributeNames implements client.AuthData.
func (d authData) GetAttributeNames() []string {
	if d.id.Kind == tenant.KindAPI {
		return []string{mobile.AttrTenantID, tenant.AttrKind, tenant.AttrApps}
	}
	return []string{mobile.AttrTenantID, tenant.AttrKind, mobile.AttrAppID}
}

// counters are the attribute sets of the extension's counters, made once.
type counters struct {
	authenticated           map[tenant.Kind]metric.AddOption
	refused                 map[refusedError]metric.AddOption
	loadedFile, refusedFile metric.AddOption
}

func newCounters() counters {
	with := func(key, value string) metric.AddOption {
		return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
	}
	c := counters{
		authenticated: map[tenant.Kind]metric.AddOption{},
		refused:       map[refusedError]metric.AddOption{},
		loadedFile:    with("outcome", "loaded"), refusedFile: with("outcome", "refused"),
	}
	for _, kind := range []tenant.Kind{tenant.KindApp, tenant.KindAPI} {
		c.authenticated[kind] = with("kind", string(kind))
	}
	for _, reason := range refusals() {
		c.refused[reason] = with("reason", string(reason))
	}
	return c
}
