package normalizeconnector

import (
	"sync"

	"go.opentelemetry.io/collector/component"
)

// registry knows which instances of a component id exist, so that the one that
// makes spans of traces can tell whether another makes the logs.
type registry struct {
	mu    sync.Mutex
	pairs map[component.ID]*pair
}

// pair is the instances of one component id that take traces.
type pair struct {
	users, logs int
}

// membership is one instance's place in its pair.
type membership struct {
	reg   *registry
	id    component.ID
	logs  bool
	leave sync.Once
}

func newRegistry() *registry { return &registry{pairs: map[component.ID]*pair{}} }

// join adds an instance to its pair.
func (r *registry) join(id component.ID, logs bool) *membership {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pairs[id]
	if p == nil {
		p = &pair{}
		r.pairs[id] = p
	}
	p.users++
	if logs {
		p.logs++
	}
	return &membership{reg: r, id: id, logs: logs}
}

// hasLogs says whether the pair makes logs of traces.
func (m *membership) hasLogs() bool {
	m.reg.mu.Lock()
	defer m.reg.mu.Unlock()
	p := m.reg.pairs[m.id]
	return p != nil && p.logs > 0
}

// done takes the instance out; the last one takes the pair with it. Doing it
// twice does nothing.
func (m *membership) done() {
	m.leave.Do(func() {
		m.reg.mu.Lock()
		defer m.reg.mu.Unlock()
		p := m.reg.pairs[m.id]
		p.users--
		if m.logs {
			p.logs--
		}
		if p.users == 0 {
			delete(m.reg.pairs, m.id)
		}
	})
}
