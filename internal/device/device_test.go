package device

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func catalog(tb testing.TB) *Catalog {
	tb.Helper()
	c, err := NewCatalog()
	require.NoError(tb, err)
	return c
}

func TestDescribe(t *testing.T) {
	android := func(model string, api int) Facts {
		return Facts{OSName: "Android", OSType: "linux", OSVersion: "16", APILevel: api, ModelID: model, ModelName: model}
	}
	apple := func(name, model string) Facts {
		return Facts{OSName: name, OSType: "darwin", OSVersion: "18.5.0", ModelID: model}
	}
	tests := map[string]struct {
		facts Facts
		want  Info
	}{
		"nothing": {Facts{}, Info{OSFamily: FamilyUnknown, Class: ClassUnknown}},
		"OpenTelemetry Android": {
			Facts{OSName: "Android", OSType: "linux", OSVersion: "16", APILevel: 36, ModelID: "Pixel 8", ModelName: "Pixel 8", SDKLanguage: "java"},
			Info{OSFamily: FamilyAndroid, Class: ClassHigh},
		},
		"Embrace Android":     {Facts{OSName: "android", OSType: "linux", OSVersion: "15", ModelID: "Pixel 7"}, Info{OSFamily: FamilyAndroid, Class: ClassHigh}},
		"OpenTelemetry Swift": {apple("iOS", "iPhone15,2"), Info{OSFamily: FamilyIOS, Class: ClassHigh, ModelName: "iPhone 14 Pro", Manufacturer: "Apple"}},
		"tablet":              {apple("iPadOS", "iPad11,6"), Info{OSFamily: FamilyIOS, Class: ClassMid, ModelName: "iPad (8th generation)", Manufacturer: "Apple"}},
		"tablet with M1":      {apple("iPadOS", "iPad13,4"), Info{OSFamily: FamilyIOS, Class: ClassHigh, ModelName: "iPad Pro (11-inch) (3rd generation)", Manufacturer: "Apple"}},
		"tablet with A14":     {apple("iPadOS", "iPad13,1"), Info{OSFamily: FamilyIOS, Class: ClassMid, ModelName: "iPad Air (4th generation)", Manufacturer: "Apple"}},
		"tablet with A12X":    {apple("iPadOS", "iPad8,1"), Info{OSFamily: FamilyIOS, Class: ClassMid, ModelName: "iPad Pro (11-inch)", Manufacturer: "Apple"}},
		"old phone":           {apple("iOS", "iPhone10,3"), Info{OSFamily: FamilyIOS, Class: ClassLow, ModelName: "iPhone X", Manufacturer: "Apple"}},
		"player":              {apple("iOS", "iPod9,1"), Info{OSFamily: FamilyIOS, Class: ClassLow, ModelName: "iPod touch (7th generation)", Manufacturer: "Apple"}},
		"television":          {apple("tvOS", "AppleTV11,1"), Info{OSFamily: FamilyIOS, Class: ClassMid, ModelName: "Apple TV 4K (2nd generation)", Manufacturer: "Apple"}},
		"watch":               {apple("watchOS", "Watch6,18"), Info{OSFamily: FamilyIOS, Class: ClassUnknown, ModelName: "Apple Watch Ultra", Manufacturer: "Apple"}},
		"headset":             {apple("visionOS", "RealityDevice14,1"), Info{OSFamily: FamilyIOS, Class: ClassHigh, ModelName: "Apple Vision Pro", Manufacturer: "Apple"}},
		"phone of the future": {apple("iOS", "iPhone23,1"), Info{OSFamily: FamilyIOS, Class: ClassHigh, Manufacturer: "Apple"}},
		"computer":            {apple("macOS", "Mac15,3"), Info{OSFamily: FamilyMacOS, Class: ClassHigh, Manufacturer: "Apple"}},
		"older computer":      {apple("Mac OS X", "MacBookPro16,1"), Info{OSFamily: FamilyMacOS, Class: ClassUnknown, Manufacturer: "Apple"}},
		"app for phones on a computer": {
			apple("iOS", "Mac15,3"), Info{OSFamily: FamilyIOS, Class: ClassHigh, Manufacturer: "Apple"},
		},
		"simulator":                      {apple("iOS", "arm64"), Info{OSFamily: FamilyIOS, Class: ClassUnknown, ModelName: "Simulator", Manufacturer: "Apple"}},
		"processor of a computer":        {Facts{OSName: "macOS", ModelID: "arm64"}, Info{OSFamily: FamilyMacOS, Class: ClassUnknown}},
		"identifier in place of a name":  {Facts{OSName: "iOS", ModelName: "iPhone17,3"}, Info{OSFamily: FamilyIOS, Class: ClassHigh, ModelID: "iPhone17,3", ModelName: "iPhone 16", Manufacturer: "Apple"}},
		"name known already":             {Facts{OSName: "iOS", ModelID: "iPhone17,3", ModelName: "iPhone 16"}, Info{OSFamily: FamilyIOS, Class: ClassHigh, Manufacturer: "Apple"}},
		"generic name":                   {Facts{OSName: "iOS", ModelID: "iPhone17,3", ModelName: "iPhone"}, Info{OSFamily: FamilyIOS, Class: ClassHigh, ModelName: "iPhone 16", Manufacturer: "Apple"}},
		"unknown identifier keeps name":  {Facts{OSName: "iOS", ModelID: "iPhone99,9", ModelName: "iPhone 40"}, Info{OSFamily: FamilyIOS, Class: ClassHigh, Manufacturer: "Apple"}},
		"Samsung flagship":               {android("SM-S921B", 34), Info{OSFamily: FamilyAndroid, Class: ClassHigh}},
		"Samsung middle":                 {android("SM-A546B", 34), Info{OSFamily: FamilyAndroid, Class: ClassMid}},
		"Samsung entry":                  {android("SM-A155F", 34), Info{OSFamily: FamilyAndroid, Class: ClassLow}},
		"Samsung of 2017 with new digit": {android("SM-A520F", 28), Info{OSFamily: FamilyAndroid, Class: ClassLow}},
		"Samsung in lower case":          {android("sm-s921b", 34), Info{OSFamily: FamilyAndroid, Class: ClassHigh}},
		"Pixel 10":                       {android("Pixel 10 Pro XL", 36), Info{OSFamily: FamilyAndroid, Class: ClassHigh}},
		"Pixel 4a is not a Pixel 4":      {android("Pixel 4a", 33), Info{OSFamily: FamilyAndroid, Class: ClassLow}},
		"Redmi Note is not a Redmi":      {android("Redmi Note 12", 33), Info{OSFamily: FamilyAndroid, Class: ClassMid}},
		"Amazon tablet":                  {Facts{OSName: "Fire OS", ModelID: "KFTRWI"}, Info{OSFamily: FamilyAndroid, Class: ClassLow}},
		"unknown model":                  {android("CPH2451", 34), Info{OSFamily: FamilyAndroid, Class: ClassUnknown}},
		"unknown model, old system":      {android("CPH1909", 27), Info{OSFamily: FamilyAndroid, Class: ClassLow}},
		"flagship of long ago":           {android("SM-G97", 26), Info{OSFamily: FamilyAndroid, Class: ClassLow}},
		"emulator":                       {android("sdk_gphone64_x86_64", 34), Info{OSFamily: FamilyAndroid, Class: ClassUnknown}},
		"emulator with old system":       {android("Android SDK built for x86", 24), Info{OSFamily: FamilyAndroid, Class: ClassUnknown}},
		"no model, old system":           {Facts{APILevel: 23}, Info{OSFamily: FamilyAndroid, Class: ClassLow, OSVersion: "6.0"}},
		"model only as name":             {Facts{OSName: "Android", ModelName: "SM-S921B"}, Info{OSFamily: FamilyAndroid, Class: ClassHigh}},
		"the app's own class":            {Facts{OSName: "Android", ModelID: "SM-S921B", Class: "low"}, Info{OSFamily: FamilyAndroid, Class: ClassLow}},
		"the app's own class, medium":    {Facts{OSName: "iOS", ModelID: "iPhone17,3", ModelName: "iPhone 16", Class: "medium"}, Info{OSFamily: FamilyIOS, Class: ClassMid, Manufacturer: "Apple"}},
		"the app's own invalid class":    {Facts{OSName: "Android", ModelID: "SM-S921B", Class: "turbo"}, Info{OSFamily: FamilyAndroid, Class: ClassHigh}},
		"an unknown class is looked up":  {Facts{OSName: "Android", ModelID: "SM-S921B", Class: "unknown"}, Info{OSFamily: FamilyAndroid, Class: ClassHigh}},
		"Android model on no Android":    {Facts{OSName: "Windows", ModelID: "SM-S921B"}, Info{OSFamily: FamilyWindows, Class: ClassUnknown}},
		"browser on a phone":             {Facts{OSName: "Android", Browser: true, ModelID: "SM-S921B"}, Info{OSFamily: FamilyWeb, Class: ClassUnknown}},
	}
	c := catalog(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, c.Describe(tt.facts))
		})
	}
}

func TestSystemFamily(t *testing.T) {
	tests := map[string]struct {
		facts Facts
		want  string
	}{
		"iOS with version":        {Facts{OSName: "iOS 18.5"}, FamilyIOS},
		"iPhone OS":               {Facts{OSName: "iPhone OS"}, FamilyIOS},
		"visionOS":                {Facts{OSName: "visionOS"}, FamilyIOS},
		"macOS":                   {Facts{OSName: "macOS"}, FamilyMacOS},
		"Windows 11":              {Facts{OSName: "Windows 11"}, FamilyWindows},
		"Ubuntu":                  {Facts{OSName: "Ubuntu", OSType: "linux"}, FamilyLinux},
		"Linux by type":           {Facts{OSType: "linux"}, FamilyLinux},
		"Windows by type":         {Facts{OSType: "windows"}, FamilyWindows},
		"darwin says too little":  {Facts{OSType: "darwin"}, FamilyUnknown},
		"darwin on a phone":       {Facts{OSType: "darwin", ModelID: "iPhone15,2"}, FamilyIOS},
		"darwin on a computer":    {Facts{OSType: "darwin", ModelID: "MacBookPro18,1"}, FamilyMacOS},
		"darwin with description": {Facts{OSType: "darwin", OSDescription: "iOS Version 18.5 (Build 22F76)"}, FamilyIOS},
		"Android that says Linux": {Facts{OSName: "Linux", OSType: "linux", APILevel: 34}, FamilyAndroid},
		"Android by description":  {Facts{OSType: "linux", OSDescription: "Android Version 16 (Build X API level 36)"}, FamilyAndroid},
		"Android by SDK":          {Facts{OSType: "linux", SDKLanguage: "android"}, FamilyAndroid},
		"browser by SDK":          {Facts{OSName: "macOS", SDKLanguage: "webjs"}, FamilyWeb},
		"React Native is no web":  {Facts{OSName: "Android", SDKLanguage: "hermesjs"}, FamilyAndroid},
		"HarmonyOS":               {Facts{OSName: "HarmonyOS", OSType: "linux"}, FamilyUnknown},
		"iosish is not iOS":       {Facts{OSName: "iosish"}, FamilyUnknown},
		"the sender's own word":   {Facts{OSFamily: "ios"}, FamilyIOS},
		"the name beats the word": {Facts{OSName: "Android", OSFamily: "ios"}, FamilyAndroid},
		"an invalid word":         {Facts{OSFamily: "amiga"}, FamilyUnknown},
	}
	c := catalog(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, c.Describe(tt.facts).OSFamily)
		})
	}
}

func TestVersion(t *testing.T) {
	tests := map[string]struct {
		facts Facts
		want  string // "" leaves the sender's
	}{
		"three numbers stay":      {Facts{OSVersion: "18.5.0"}, ""},
		"one number stays":        {Facts{OSVersion: "16"}, ""},
		"beta stays":              {Facts{OSVersion: "18.0 beta 3"}, ""},
		"code name stays":         {Facts{OSVersion: "Tiramisu"}, ""},
		"blanks go":               {Facts{OSVersion: " 18.5 "}, "18.5"},
		"name goes":               {Facts{OSVersion: "Android 14"}, "14"},
		"Apple's form":            {Facts{OSVersion: "Version 18.5 (Build 22F76)"}, "18.5"},
		"name of three words":     {Facts{OSVersion: "Mac OS X 10.15.7"}, "10.15.7"},
		"build goes":              {Facts{OSVersion: "10.0.19045 (22H2)"}, "10.0.19045"},
		"from iOS description":    {Facts{OSName: "iOS", OSDescription: "iOS Version 18.5 (Build 22F76)"}, "18.5"},
		"from Android's":          {Facts{OSName: "Android", OSDescription: "Android Version 16 (Build BP2A API level 36)"}, "16"},
		"not from Linux's":        {Facts{OSName: "Linux", OSDescription: "Linux 6.1"}, ""},
		"not from a bare name":    {Facts{OSName: "iOS", OSDescription: "iOS"}, ""},
		"from API level":          {Facts{APILevel: 27}, "8.1"},
		"from a future API level": {Facts{APILevel: 99}, ""},
	}
	c := catalog(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, c.Describe(tt.facts).OSVersion)
		})
	}
}

func TestAppleNamesAreThoseThatPeopleCollected(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples", "devices")
	files, err := filepath.Glob(filepath.Join(dir, "*-device-identifiers.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("samples are not here: " + dir)
	}
	collected := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &collected))
	}
	ours := catalog(t).apple
	for id, name := range ours {
		assert.Equal(t, collected[id], name, id)
	}
	for id := range collected {
		_, ok := parseIdentifier(id)
		assert.Equal(t, !isSimulator(id), ok, id)
	}
	assert.Greater(t, len(ours), len(collected)/2)
}

func TestDescribeAllocatesNothing(t *testing.T) {
	c := catalog(t)
	for name, f := range map[string]Facts{
		"Apple":   {OSName: "iOS", OSVersion: "Version 18.5 (Build 22F76)", ModelID: "iPhone15,2"},
		"Android": {OSName: "Android", OSVersion: "16", ModelID: "SM-S921B", APILevel: 36},
		"unknown": {OSName: "Plan 9", ModelID: strings.Repeat("x", 1000)},
	} {
		assert.Zero(t, testing.AllocsPerRun(100, func() { c.Describe(f) }), name)
	}
}

func TestParseNames(t *testing.T) {
	tests := map[string]struct {
		table   string
		want    map[string]string
		wantErr string
	}{
		"comment and blank":      {"# none\n\n", map[string]string{}, ""},
		"range and list":         {"iPad1,1-2 iPad2,10 = X\n", map[string]string{"iPad1,1": "X", "iPad1,2": "X", "iPad2,10": "X"}, ""},
		"no name":                {"iPad1,1\n", nil, "line 1 has no name"},
		"no identifier":          {"# a\npad1,1 = X\n", nil, `line 2: "pad1,1" is no identifier`},
		"range backwards":        {"iPad1,2-1 = X\n", nil, `"iPad1,2-1" is no range`},
		"range without end":      {"iPad1,2- = X\n", nil, `"iPad1,2-" is no range`},
		"identifier named twice": {"iPad1,1 = X\niPad1,1 = Y\n", nil, `line 2: "iPad1,1" is named twice`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseNames(tt.table)
			if tt.wantErr != "" {
				require.ErrorContains(t, err, tt.wantErr)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestParseFamilies(t *testing.T) {
	tests := map[string]struct {
		table   string
		want    map[string]string
		wantErr string
	}{
		"comment and blank": {"# none\n\n", map[string]string{}, ""},
		"classes":           {"high: A B | c\nunknown: D\n", map[string]string{"a b": "high", "c": "high", "d": "unknown"}, ""},
		"no class":          {"A | B\n", nil, "line 1 has no class"},
		"unknown class":     {"best: A\n", nil, "line 1 has no class"},
		"empty beginning":   {"low: A ||\n", nil, `line 1: "" must have`},
		"too long":          {"low: " + strings.Repeat("a", maxPrefix+1), nil, "must have 1 to 24 bytes"},
		"twice":             {"low: A\nmid: a\n", nil, `line 2: "a" is there twice`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseFamilies(tt.table)
			if tt.wantErr != "" {
				require.ErrorContains(t, err, tt.wantErr)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got.classes)
		})
	}
}

// FuzzTidyVersion holds that tidying takes a part of the text and is done at
// once.
func FuzzTidyVersion(f *testing.F) {
	for _, seed := range []string{"18.5.0", "iOS Version 18.5 (Build 22F76)", "Mac OS X 10.15", " (5", "a b c d 5", "\u00a05 (", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := TidyVersion(text)
		assert.Contains(t, text, got)
		assert.Equal(t, got, TidyVersion(got))
		assert.Equal(t, strings.TrimSpace(text) == "", got == "")
	})
}

// FuzzDescribe holds that every answer is in the lists, and that a second look
// at a device that was described finds nothing better.
func FuzzDescribe(f *testing.F) {
	f.Add("iOS", "darwin", "18.5.0", "iPhone15,2", "", "", "", 0)
	f.Add("Android", "linux", "Android 16", "SM-S921B", "Pixel", "medium", "java", 36)
	f.Add("", "", "", "", "iPad13,4", "high", "webjs", -1)
	c := catalog(f)
	families := []string{FamilyAndroid, FamilyIOS, FamilyMacOS, FamilyWindows, FamilyLinux, FamilyWeb, FamilyUnknown}
	classes := []string{ClassHigh, ClassMid, ClassLow, ClassUnknown}
	f.Fuzz(func(t *testing.T, name, kind, version, model, modelName, class, language string, api int) {
		facts := Facts{OSName: name, OSType: kind, OSVersion: version, ModelID: model, ModelName: modelName, Class: class, SDKLanguage: language, APILevel: api}
		got := c.Describe(facts)
		assert.Contains(t, families, got.OSFamily)
		assert.Contains(t, classes, got.Class)

		facts.OSFamily, facts.Class = got.OSFamily, got.Class
		facts.OSVersion, facts.ModelID, facts.ModelName = first(got.OSVersion, version), first(got.ModelID, model), first(got.ModelName, modelName)
		again := c.Describe(facts)
		assert.Equal(t, Info{OSFamily: got.OSFamily, Class: got.Class, Manufacturer: got.Manufacturer}, again)
	})
}

func BenchmarkDescribe(b *testing.B) {
	c := catalog(b)
	for name, f := range map[string]Facts{
		"apple":   {OSName: "iOS", OSType: "darwin", OSVersion: "18.5.0", ModelID: "iPhone15,2"},
		"android": {OSName: "Android", OSType: "linux", OSVersion: "16", ModelID: "SM-S921B", ModelName: "SM-S921B", APILevel: 36},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Describe(f)
			}
		})
	}
}
