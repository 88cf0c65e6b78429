package fleet

import "strings"

// Model is a kind of phone.
type Model struct {
	// Name is what Android's SDKs send as model; ID is the model identifier.
	Name, ID, Manufacturer string
	// Class is high, mid or low.
	Class string
	// OS is the version of its system, API Android's level, Build the
	// system's build.
	OS, API, Build string
	weight         int
}

// slow is how much longer the model takes than a fast one, hundredths.
func (m *Model) slow() int {
	switch m.Class {
	case classLow:
		return 290
	case classMid:
		return 160
	default:
		return 100
	}
}

const (
	classHigh = "high"
	classMid  = "mid"
	classLow  = "low"
)

func androidModels() []*Model {
	return []*Model{
		{"Pixel 8", "Pixel 8", "Google", classHigh, "16", "36", "BP2A.250605.031.A2", 22},
		{"Pixel 7", "Pixel 7", "Google", classHigh, "15", "35", "AP4A.250205.002", 18},
		{"Pixel 6a", "Pixel 6a", "Google", classMid, "15", "35", "AP4A.250205.002", 14},
		{"SM-S918B", "SM-S918B", "samsung", classHigh, "15", "35", "AP3A.240905.015.A2", 14},
		{"SM-A145F", "SM-A145F", "samsung", classLow, "14", "34", "UP1A.231005.007", 14},
		{"2201117TY", "2201117TY", "Xiaomi", classMid, "13", "33", "TKQ1.221114.001", 9},
		{"CPH2387", "CPH2387", "OPPO", classLow, "12", "31", "SP1A.210812.016", 9},
	}
}

func appleModels() []*Model {
	return []*Model{
		{"", "iPhone15,2", "Apple", classHigh, "18.5.0", "", "22F76", 34},
		{"", "iPhone14,7", "Apple", classHigh, "18.5.0", "", "22F76", 30},
		{"", "iPhone14,6", "Apple", classMid, "18.4.1", "", "22E252", 20},
		{"", "iPhone12,1", "Apple", classMid, "17.7.1", "", "21H216", 16},
	}
}

// newDevices returns the fleet without its sessions. Devices are dealt out in
// proportion to the apps' shares, every app gets one as long as there are any.
func newDevices(o *Options, list []*App) []*Device {
	out := make([]*Device, 0, o.Devices)
	given := make([]int, len(list))
	for i := range o.Devices {
		best := 0
		for a := range list {
			if (given[a]+1)*list[best].Share < (given[best]+1)*list[a].Share {
				best = a
			}
		}
		given[best]++
		out = append(out, newDevice(o, list[best], i, given[best]))
	}
	return out
}

// newDevice returns a device; nth counts those of its app.
func newDevice(o *Options, app *App, index, nth int) *Device {
	r := newRandom(o.Seed, streamDevice, uint64(index))
	weights := make([]int, len(app.Dialects))
	for i, s := range app.Dialects {
		weights[i] = s.weight
	}
	d := &Device{App: app, Index: index, Dialect: app.Dialects[r.weighted(weights)].dialect}
	if app.ID == "bank" {
		d.wrongClock(nth)
	}
	models := androidModels()
	if d.Dialect.apple() {
		models = appleModels()
	}
	weights = weights[:0]
	for _, m := range models {
		weights = append(weights, m.weight)
	}
	d.Model = models[r.weighted(weights)]
	switch {
	case d.Dialect == HoneycombAndroid || d.Dialect == HoneycombRN:
		d.Installation = r.hex(8)
	case d.Dialect.apple():
		d.Installation = strings.ToUpper(r.uuid())
	default:
		d.Installation = r.uuid()
	}
	d.User = "u-" + r.hex(5)
	return d
}

// wrongClock gives some devices a wrong clock, and the dialect for it.
func (d *Device) wrongClock(nth int) {
	switch nth % 16 {
	case 5:
		d.Clock, d.Dialect = ClockUnset, OTelSwift
	case 11:
		d.Clock, d.Dialect = ClockAhead, OTelAndroid
	}
}
