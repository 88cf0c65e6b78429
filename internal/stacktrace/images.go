package stacktrace

import (
	"slices"
	"strings"
)

// maxImages bounds the images that are read of a report.
const maxImages = 4096

// appleImageList is a report's list of binary images.
type appleImageList struct {
	list []appleImage
}

type appleImage struct {
	from, to         uint64
	name, uuid, path string
}

// add takes `0x1000 - 0x1fff +Name arm64  <uuid> /path`.
func (l *appleImageList) add(s string) {
	if len(l.list) == maxImages {
		return
	}
	from, rest, ok := strings.Cut(s, "-")
	from = strings.TrimSpace(from)
	if !ok || !isHex(from) {
		return
	}
	to, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	name, tail, ok := strings.Cut(rest, "<")
	if !ok || !isHex(to) {
		return
	}
	uuid, path, _ := strings.Cut(tail, ">")
	im := appleImage{from: hex(from), to: hex(to), uuid: uuid, path: strings.TrimSpace(path)}
	im.name = base(im.path)
	if im.path == "" {
		name = strings.TrimPrefix(strings.TrimSpace(name), "+")
		im.name, _, _ = strings.Cut(name, " ")
	}
	l.list = append(l.list, im)
}

// at returns a frame for an address.
func (l *appleImageList) at(address uint64) (Frame, bool) {
	for i := range l.list {
		if im := &l.list[i]; im.from <= address && address <= im.to {
			return Frame{Image: im.name, Offset: address - im.from}, true
		}
	}
	return Frame{}, false
}

// name completes frames with what the list says of their images.
func (l *appleImageList) name(frames []Frame) {
	if len(l.list) == 0 {
		return
	}
	sorted := slices.Clone(l.list)
	slices.SortStableFunc(sorted, func(a, b appleImage) int { return strings.Compare(a.name, b.name) })
	for i := range frames {
		f := &frames[i]
		at, ok := slices.BinarySearchFunc(sorted, f.Image, func(im appleImage, name string) int { return strings.Compare(im.name, name) })
		if ok {
			f.ImageID = sorted[at].uuid
			f.System = f.System || isSystemPath(sorted[at].path)
		}
	}
}

// NameImages completes a trace's frames from a JSON list of binary images,
// {imageUUID, imagePath}, that came apart from the stack. Other text changes
// nothing.
func (t *Trace) NameImages(doc string) {
	var images []struct {
		UUID string `json:"imageUUID"`
		Path string `json:"imagePath"`
	}
	if len(doc) > maxJSON || !decode([]byte(doc), &images) {
		return
	}
	var l appleImageList
	for _, im := range images[:min(len(images), maxImages)] {
		l.list = append(l.list, appleImage{name: base(im.Path), uuid: im.UUID, path: im.Path})
	}
	for i := range t.Exceptions {
		l.name(t.Exceptions[i].Frames)
	}
}
