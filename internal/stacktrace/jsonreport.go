package stacktrace

import "cmp"

// report is a JSON object that holds a stack: MetricKit's document in Apple's
// shape (root frames with sub frames) and opentelemetry-swift's flat one,
// wrapped or not; KSCrash's report; React Native's error.
type report struct {
	Tree       *report    `json:"callStackTree"`
	CallStacks []kitStack `json:"callStacks"`
	Meta       struct {
		Exception *struct {
			Name    string `json:"exceptionName"`
			Message string `json:"composedMessage"`
		} `json:"objectiveCexceptionReason"`
	} `json:"diagnosticMetaData"`

	Images []struct {
		Base number `json:"image_addr"`
		UUID string `json:"uuid"`
	} `json:"binary_images"`
	Crash struct {
		Error   kscrashError    `json:"error"`
		Threads []kscrashThread `json:"threads"`
	} `json:"crash"`

	Name    string `json:"name"`
	Message string `json:"message"`
	Stack   string `json:"stacktrace"`
}

type kitStack struct {
	Attributed bool       `json:"threadAttributed"`
	Flat       []kitFrame `json:"callStackFrames"`
	Roots      []kitFrame `json:"callStackRootFrames"`
}

type kitFrame struct {
	Name    string     `json:"binaryName"`
	UUID    string     `json:"binaryUUID"`
	Flat    number     `json:"offsetAddress"`
	Text    number     `json:"offsetIntoBinaryTextSegment"`
	Address number     `json:"address"`
	Samples number     `json:"sampleCount"`
	Sub     []kitFrame `json:"subFrames"`
}

type kscrashError struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
	Mach   struct {
		Name string `json:"exception_name"`
	} `json:"mach"`
	Signal struct {
		Name string `json:"name"`
	} `json:"signal"`
	NSException struct {
		Name   string `json:"name"`
		Reason string `json:"reason"`
	} `json:"nsexception"`
}

type kscrashThread struct {
	Crashed   bool `json:"crashed"`
	Backtrace struct {
		Contents []struct {
			Image   string `json:"object_name"`
			Symbol  string `json:"symbol_name"`
			Base    number `json:"object_addr"`
			Pointer number `json:"instruction_addr"`
		} `json:"contents"`
	} `json:"backtrace"`
}

func parseObject(doc []byte, c *chain) {
	var r report
	if !decode(doc, &r) {
		return
	}
	tree := &r
	for range 3 { // wrapped once in what is known
		if tree.Tree != nil {
			tree = tree.Tree
		}
	}
	switch {
	case len(tree.CallStacks) > 0:
		if e := r.Meta.Exception; e != nil {
			c.begin(e.Name, e.Message)
		}
		c.t.Format = FormatApple
		kitFrames(tree.CallStacks, c)
	case len(r.Crash.Threads) > 0:
		kscrash(&r, c)
	case r.Stack != "":
		parseJS(r.Stack, c)
		if t := c.t.Exceptions; len(t) > 0 {
			t[0].Type, t[0].Message = clip(cmp.Or(t[0].Type, r.Name), maxType), clip(cmp.Or(t[0].Message, r.Message), maxMessage)
		}
	}
}

// kitFrames adds the attributed thread's frames, innermost first.
func kitFrames(stacks []kitStack, c *chain) {
	chosen := &stacks[0]
	for i := range stacks {
		if stacks[i].Attributed {
			chosen = &stacks[i]
			break
		}
	}
	for i := range chosen.Flat {
		c.add(chosen.Flat[i].frame())
	}
	if len(chosen.Flat) > 0 {
		return
	}
	// Of a tree of samples the path that was seen most.
	for level := chosen.Roots; len(level) > 0; {
		heaviest := 0
		for i := range level {
			if level[i].Samples > level[heaviest].Samples {
				heaviest = i
			}
		}
		c.add(level[heaviest].frame())
		level = level[heaviest].Sub
	}
}

// frame converts a frame. iOS 14 sent the image's load address as the offset
// into it; then the distance of the address from that is the offset.
func (f *kitFrame) frame() *Frame {
	offset := cmp.Or(f.Flat, f.Text)
	if f.Address > f.Text && f.Text > 0 && f.Address-f.Text < 1<<30 {
		offset = f.Address - f.Text
	}
	return &Frame{Image: f.Name, ImageID: f.UUID, Offset: uint64(offset)}
}

// kscrash adds the crashed thread of KSCrash's report.
func kscrash(r *report, c *chain) {
	c.t.Format = FormatApple
	uuids := make(map[number]string, len(r.Images))
	for _, image := range r.Images {
		uuids[image.Base] = image.UUID
	}
	chosen := &r.Crash.Threads[0]
	for i := range r.Crash.Threads {
		if r.Crash.Threads[i].Crashed {
			chosen = &r.Crash.Threads[i]
			break
		}
	}
	e := &r.Crash.Error
	c.begin(cmp.Or(e.NSException.Name, e.Mach.Name, e.Signal.Name, e.Type), cmp.Or(e.NSException.Reason, e.Reason))
	for i := range chosen.Backtrace.Contents {
		f := &chosen.Backtrace.Contents[i]
		c.add(&Frame{
			Image: base(f.Image), Function: f.Symbol, ImageID: uuids[f.Base], Offset: distance(f.Pointer, f.Base), System: isSystemPath(f.Image),
		})
	}
}
