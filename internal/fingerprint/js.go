package fingerprint

import (
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// bundle stands for the one file into which a bundler packed an app: its name
// carries hashes and platforms, and says nothing.
const bundle = "bundle"

// js normalises a frame of JavaScript.
func (n *normaliser) js(f *stacktrace.Frame) token {
	file := f.File
	if file == "" {
		file = f.Module
	}
	t := token{scope: jsFile(file), name: jsFunction(f.Function)}
	if t.scope == bundle && f.Line <= 1 && len(t.name) <= 2 && t.name != "" {
		t.minified = true
	}
	t.class = jsRule(file, t.name)
	if t.name == "" && (t.scope == bundle || t.scope == "") && t.class != plumbing {
		t.class = nothing
	}
	if f.System && t.class == unknown {
		t.class = system
	}
	return t
}

// jsFile is a source's name without path, query and content hash.
func jsFile(path string) string {
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	name := baseName(path)
	if strings.HasSuffix(name, ".bundle") || strings.HasSuffix(name, ".jsbundle") || strings.HasSuffix(name, ".hbc") || strings.HasSuffix(name, ".min.js") {
		return bundle
	}
	stem, hash, ok := cutHash(name)
	if ok {
		return stem + hash
	}
	if name == "<anonymous>" {
		return ""
	}
	return name
}

// cutHash takes the hash out of main.3f2a1b9c.js and chunk-3f2a1b9c.js.
func cutHash(name string) (before, after string, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return "", "", false
	}
	i := strings.LastIndexAny(name[:dot], ".-_")
	if i <= 0 {
		return "", "", false
	}
	hash := name[i+1 : dot]
	if len(hash) < 6 || !strings.ContainsAny(hash, "0123456789") || strings.Trim(hash, "0123456789abcdefABCDEF") != "" {
		return "", "", false
	}
	return name[:i], name[dot:], true
}

// jsFunction is the last part of a function's name, without what engines put
// around it.
func jsFunction(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "async "), "new ")
	if i := strings.Index(name, " [as "); i >= 0 {
		name = name[:i]
	}
	for strings.HasSuffix(name, "/<") {
		name = name[:len(name)-2]
	}
	rest, anonymous := strings.CutSuffix(name, ".<anonymous>")
	if anonymous {
		name = rest
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 && i+1 < len(name) {
		name = name[i+1:]
	}
	switch name {
	case "<anonymous>", "anonymous", "?", "eval", "Object", "<unknown>", "<global>", "global code", "(anonymous)":
		return ""
	}
	return name
}

// jsRule classifies a frame.
func jsRule(path, name string) class {
	switch name {
	case "processTicksAndRejections", "_tickCallback", "_tickDomainCallback", "runMicrotasks", "callFunctionReturnFlushedQueue", "__callFunction", "__guard", "__invokeCallback",
		"callFunctionReturnResultAndFlushedQueue", "invokeCallbackAndReturnFlushedQueue", "asyncGeneratorStep", "_asyncToGenerator", "_callSuper", "_createSuperInternal",
		"_next", "_throw", "tryCatch", "regeneratorRuntime", "tryCallOne", "tryCallTwo", "doResolve", "handleResolved", "flush", "guardedLoadModule", "metroRequire",
		"loadModuleImplementation", "_classCallCheck", "__awaiter", "__generator", "fulfilled", "rejected", "callTimers", "_callTimer", "invokeGuardedCallback",
		"invokeGuardedCallbackImpl", "invokeGuardedCallbackProd", "emit", "_compile", "runInContext", "runInThisContext":
		return plumbing
	case "invariant", "captureStackTrace", "throwError", "reportException", "handleException", "reportError":
		return throw
	}
	switch {
	case strings.Contains(path, "regenerator-runtime"), strings.Contains(path, "core-js"), strings.Contains(path, "@babel/"), strings.Contains(path, "tslib"),
		strings.HasPrefix(path, "node:"), strings.HasPrefix(path, "internal/"), strings.Contains(path, "promise/setimmediate"):
		return plumbing
	case isNodeCore(path):
		return plumbing
	case strings.Contains(path, "node_modules/") || strings.Contains(path, `node_modules\`):
		return unknown
	case strings.Contains(path, "[native code]"), path == "native":
		return system
	default:
		return unknown
	}
}

// isNodeCore knows the files of Node's own library, which have no path.
func isNodeCore(path string) bool {
	switch path {
	case "module.js", "node.js", "events.js", "child_process.js", "timers.js", "net.js", "stream.js", "_stream_readable.js", "_stream_writable.js", "vm.js", "bootstrap_node.js",
		"domain.js", "next_tick.js", "loader.js", "assert.js":
		return true
	default:
		return false
	}
}
