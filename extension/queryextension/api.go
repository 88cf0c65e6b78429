package queryextension

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.uber.org/zap"

	"github.com/otelcol-mobile/otelcol-mobile/internal/query"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

const (
	// answerTime bounds how long one answer may take.
	answerTime = 30 * time.Second
	prefix     = "/api/v1"
)

// openAPI describes the API. A test holds it against the routes.
//
//go:embed openapi.json
var openAPI []byte

// api answers the paths of the HTTP API.
type api struct {
	engine *query.Engine
	store  store.Reader
	auth   extensionauth.Server
	logger *zap.Logger
}

// request is one authenticated question.
type request struct {
	*http.Request
	params
	tenant string
	// apps are the tenant's registered apps, as far as the authenticator says.
	apps []string
	now  time.Time
}

// route is one path: the parameters that it takes and how it is answered.
type route struct {
	params []string
	answer func(context.Context, *request) (any, error)
}

func (a *api) routes() map[string]route {
	ranged := []string{"from", "to"}
	paged := append([]string{"limit", "cursor"}, ranged...)
	return map[string]route{
		"/apps":                          {nil, a.apps},
		"/apps/{app}/summary":            {ranged, a.scoped(a.summary)},
		"/apps/{app}/issues":             {append([]string{"sort", "status", "q"}, paged...), a.scoped(a.issues)},
		"/apps/{app}/issues/{id}":        {ranged, a.scoped(a.issue)},
		"/apps/{app}/sessions":           {append([]string{"q"}, paged...), a.scoped(a.sessions)},
		"/apps/{app}/sessions/{session}": {nil, a.scoped(a.session)},
		"/apps/{app}/series":             {append([]string{"metric", "step", "by"}, ranged...), a.scoped(a.series)},
	}
}

func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	for path, r := range a.routes() {
		mux.Handle("GET "+prefix+path, a.serve(r))
	}
	mux.Handle("PATCH "+prefix+"/apps/{app}/issues/{id}", a.serve(route{nil, func(context.Context, *request) (any, error) {
		return nil, &query.ParamError{Param: "PATCH", Reason: "changing issues is not supported yet"}
	}}))
	mux.HandleFunc("GET "+prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openAPI)
	})
	mux.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, prefix+"/") && r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeProblem(w, problem{Status: http.StatusMethodNotAllowed, Detail: "the API is read with GET"})
			return
		}
		writeProblem(w, problem{Status: http.StatusNotFound, Detail: "there is nothing at this path; the API begins at " + prefix + "/apps"})
	}))
	return withHeaders(mux)
}

// withHeaders sets the headers that every answer has: nothing here is a page
// of somebody else, and nothing may be kept by a shared cache.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// serve authenticates, checks the parameters' names and answers.
func (a *api) serve(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		ctx, cancel := context.WithTimeout(hr.Context(), answerTime)
		defer cancel()
		req, ok := a.authenticate(ctx, hr)
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="mobile"`)
			writeProblem(w, problem{Status: http.StatusUnauthorized, Detail: "send an API token as Authorization: Bearer <token>"})
			return
		}
		err := req.wellFormed()
		if err == nil {
			err = req.only(r.params)
		}
		var answer any
		if err == nil {
			answer, err = r.answer(ctx, req)
		}
		if err != nil {
			a.fail(w, hr, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(true)
		if err := enc.Encode(answer); err != nil {
			a.logger.Debug("Answer was not written", zap.String("path", hr.URL.Path), zap.Error(err))
		}
	})
}

// authenticate accepts API tokens only: app keys are public.
func (a *api) authenticate(ctx context.Context, hr *http.Request) (*request, bool) {
	ctx, err := a.auth.Authenticate(client.NewContext(ctx, clientOf(hr)), hr.Header)
	if err != nil {
		return nil, false
	}
	data := client.FromContext(ctx).Auth
	if data == nil || data.GetAttribute("auth.kind") != "api" {
		return nil, false
	}
	tenant, ok := data.GetAttribute("tenant.id").(string)
	if !ok || tenant == "" {
		return nil, false
	}
	apps, _ := data.GetAttribute("tenant.apps").([]string)
	return &request{Request: hr, params: params{hr.URL.Query()}, tenant: tenant, apps: apps, now: time.Now()}, true
}

// scoped answers a question about one of the tenant's apps.
func (a *api) scoped(answer func(context.Context, *request, query.Scope) (any, error)) func(context.Context, *request) (any, error) {
	return func(ctx context.Context, r *request) (any, error) {
		id := r.PathValue("app")
		known := slices.Contains(r.apps, id)
		if !known {
			for app, err := range a.store.Apps(ctx, r.tenant) {
				if err != nil {
					return nil, fmt.Errorf("read apps: %w", err)
				}
				if known = app.App == id; known {
					break
				}
			}
		}
		if !known {
			return nil, fmt.Errorf("app %q: %w", id, query.ErrNotFound)
		}
		from, to, err := r.timeRange(r.now)
		if err != nil {
			return nil, err
		}
		scope, err := query.NewScope(r.tenant, id, from, to)
		if err != nil {
			return nil, err
		}
		return answer(ctx, r, scope)
	}
}

func (a *api) apps(ctx context.Context, r *request) (any, error) {
	return a.engine.Apps(ctx, r.tenant, r.apps)
}

func (a *api) summary(ctx context.Context, _ *request, s query.Scope) (any, error) {
	return a.engine.Summary(ctx, s)
}

func (a *api) issues(ctx context.Context, r *request, s query.Scope) (any, error) {
	limit, err := r.limit()
	if err != nil {
		return nil, err
	}
	return a.engine.Issues(ctx, s, query.IssueQuery{Sort: r.text("sort", "last_seen"), Status: r.text("status", ""), Limit: limit, Cursor: r.text("cursor", "")})
}

func (a *api) issue(ctx context.Context, r *request, s query.Scope) (any, error) {
	return a.engine.Issue(ctx, s, r.PathValue("id"))
}

func (a *api) sessions(ctx context.Context, r *request, s query.Scope) (any, error) {
	limit, err := r.limit()
	if err != nil {
		return nil, err
	}
	return a.engine.Sessions(ctx, s, limit, r.text("cursor", ""), r.now)
}

func (a *api) session(ctx context.Context, r *request, s query.Scope) (any, error) {
	return a.engine.Session(ctx, s.Tenant, s.App, r.PathValue("session"), r.now)
}

func (a *api) series(ctx context.Context, r *request, s query.Scope) (any, error) {
	step, err := time.ParseDuration(r.text("step", "1h"))
	if err != nil {
		return nil, &query.ParamError{Param: "step", Reason: "must be a duration, such as 1h or 24h"}
	}
	by := r.text("by", "")
	if by != "" && by != "release" {
		return nil, &query.ParamError{Param: "by", Reason: "must be release; other dimensions are not supported yet"}
	}
	return a.engine.Series(ctx, s, r.text("metric", ""), step, by)
}

// fail answers an error. What is the service's fault is logged and says no
// more than that; trouble that may pass is a 503.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	var param *query.ParamError
	switch {
	case errors.As(err, &param):
		writeProblem(w, problem{Status: http.StatusBadRequest, Detail: param.Error(), Param: param.Param})
	case errors.Is(err, query.ErrNotFound):
		writeProblem(w, problem{Status: http.StatusNotFound, Detail: err.Error()})
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		a.logger.Warn("Question is not answered for now", zap.String("path", r.URL.Path), zap.Error(err))
		w.Header().Set("Retry-After", "5")
		writeProblem(w, problem{Status: http.StatusServiceUnavailable, Detail: "the store does not answer in time"})
	case errors.Is(err, context.Canceled):
	default:
		a.logger.Error("Question failed", zap.String("path", r.URL.Path), zap.Error(err))
		writeProblem(w, problem{Status: http.StatusInternalServerError, Detail: "the question could not be answered; the log says why"})
	}
}
