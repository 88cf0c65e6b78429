package fleet

import (
	"strconv"
	"strings"
)

// fill replaces the placeholders in a text. moved is by how much lines and
// offsets have moved.
func fill(text string, f *Fault, release, moved int) string {
	if !strings.ContainsRune(text, '{') {
		return text
	}
	var out strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		text = after
		switch name {
		case "id":
			out.WriteString(strconv.Itoa(f.ID))
		case "n":
			out.WriteString(strconv.Itoa(f.Count))
		case "l":
			out.WriteString(strconv.Itoa(2 + 3*release))
		case "p":
			out.WriteString(strconv.Itoa(4 + f.Variant%23))
		default:
			line, err := strconv.Atoi(name)
			if err != nil {
				out.WriteString("{" + name + "}")
				continue
			}
			out.WriteString(strconv.Itoa(line + moved))
		}
	}
	return out.String()
}

func (f *Fault) app() *App         { return f.Session.Device.App }
func (f *Fault) release() *Release { return &f.app().Releases[f.Session.Release] }

// message is the exception's message.
func (f *Fault) message() string { return fill(f.Bug.Message, f, f.Session.Release, 0) }

func (f *Fault) causeMessage() string {
	return fill(f.Bug.Cause.Message, f, f.Session.Release, 0)
}

// lines are a list of frames as they are in the session's release.
func (f *Fault) lines(frames []string) []string {
	out := make([]string, len(frames))
	for i, text := range frames {
		out[i] = fill(text, f, f.Session.Release, 3*f.Session.Release)
	}
	return out
}

// jvmFrames are the frames of the outermost exception, the throw's first.
func (f *Fault) jvmFrames() []string {
	return append(f.lines(f.Bug.Frames), f.below()...)
}

// jvmText is a stack as Throwable.printStackTrace writes it.
func (f *Fault) jvmText() string {
	var b strings.Builder
	header := func(typ, message string) {
		b.WriteString(typ)
		if message != "" {
			b.WriteString(": " + message)
		}
		b.WriteByte('\n')
	}
	frames := f.jvmFrames()
	header(f.Bug.Type, f.message())
	for _, line := range frames {
		b.WriteString("\tat " + line + "\n")
	}
	if c := f.Bug.Cause; c != nil {
		b.WriteString("Caused by: ")
		header(c.Type, f.causeMessage())
		for _, line := range f.lines(c.Frames) {
			b.WriteString("\tat " + line + "\n")
		}
		b.WriteString("\t... " + strconv.Itoa(len(frames)-1) + " more\n")
	}
	return b.String()
}

// bareText is a stack without header, as OpenTelemetry Android sends of ANRs.
func (f *Fault) bareText() string { return strings.Join(f.jvmFrames(), "\n") + "\n" }

// below are the frames that called the app. Their lines move with Android's
// level, and manufacturers put their own among them.
func (f *Fault) below() []string {
	model := f.Session.Device.Model
	level, err := strconv.Atoi(model.API)
	if err != nil {
		level = 34
	}
	at := func(class, file string, line int) string {
		return class + "(" + file + ":" + strconv.Itoa(line+17*(level-31)) + ")"
	}
	var out []string
	switch f.Bug.Entry {
	case EntryPool:
		return []string{
			at("java.util.concurrent.ThreadPoolExecutor.runWorker", "ThreadPoolExecutor.java", 1137),
			at("java.util.concurrent.ThreadPoolExecutor$Worker.run", "ThreadPoolExecutor.java", 637),
			at("java.lang.Thread.run", "Thread.java", 1012),
		}
	case EntryCoroutine:
		return []string{
			"kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)",
			"kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:101)",
			"kotlinx.coroutines.scheduling.CoroutineScheduler$Worker.run(CoroutineScheduler.kt:" + strconv.Itoa(684+f.Variant%3+2*(level-31)) + ")",
		}
	case EntryClick:
		out = append(out,
			at("android.view.View.performClick", "View.java", 7448),
			at("android.view.View.performClickInternal", "View.java", 7425),
			"android.view.View.access$3600(View.java:"+strconv.Itoa(810+level)+")",
			at("android.view.View$PerformClick.run", "View.java", 28305))
	case EntryCreate:
		out = append(out,
			at("android.app.Activity.performCreate", "Activity.java", 8305),
			at("android.app.Instrumentation.callActivityOnCreate", "Instrumentation.java", 1417),
			at("android.app.ActivityThread.performLaunchActivity", "ActivityThread.java", 3626))
	case EntryLoop:
		out = append(out,
			at("android.view.Choreographer$CallbackRecord.run", "Choreographer.java", 1035),
			at("android.view.Choreographer.doCallbacks", "Choreographer.java", 845))
	}
	out = append(out, f.oem()...)
	return append(out,
		at("android.os.Handler.handleCallback", "Handler.java", 942),
		at("android.os.Handler.dispatchMessage", "Handler.java", 99),
		at("android.os.Looper.loopOnce", "Looper.java", 201),
		at("android.os.Looper.loop", "Looper.java", 288),
		at("android.app.ActivityThread.main", "ActivityThread.java", 7872),
		"java.lang.reflect.Method.invoke(Native Method)",
		at("com.android.internal.os.RuntimeInit$MethodAndArgsCaller.run", "RuntimeInit.java", 548),
		at("com.android.internal.os.ZygoteInit.main", "ZygoteInit.java", 936))
}

// oem are what a manufacturer's Android calls in between.
func (f *Fault) oem() []string {
	switch f.Session.Device.Model.Manufacturer {
	case "samsung":
		return []string{"com.samsung.android.rune.ViewRune.dispatch(ViewRune.java:88)"}
	case "Xiaomi":
		return []string{
			"com.miui.internal.hook.MessageHook.dispatch(MessageHook.java:41)",
			"com.miui.performance.LooperMonitor.onMessage(LooperMonitor.java:" + strconv.Itoa(100+f.Variant%7) + ")",
		}
	case "OPPO":
		return []string{"com.oplus.uifirst.OplusUIFirstManager.run(OplusUIFirstManager.java:302)"}
	default:
		return nil
	}
}

// jsonText writes a text as JSON. It holds no control characters.
func jsonText(s string) string { return strconv.Quote(s) }
