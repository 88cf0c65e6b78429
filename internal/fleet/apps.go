package fleet

import "time"

// App is one app of the demo with what its users do in it.
type App struct {
	Tenant, Token   string
	ID, Name, Key   string
	Package, Module string
	// Currency of its flows, "" where they are worth nothing.
	Currency string
	// Share is how many of 100 devices have the app.
	Share    int
	Releases []Release
	Screens  []string
	Widgets  []string
	Requests []endpoint
	Flows    []flowKind
	Dialects []share
	Bugs     []*Bug
}

// Release is a published version. Its code has the same ids on all devices.
type Release struct {
	Version string
	Build   int
	// UUID is the build's id, upper case.
	UUID string
	// rollout is when it comes out, in hundredths of the simulated time.
	rollout int
}

// endpoint is a kind of request. Path may contain {id}.
type endpoint struct {
	method, host, path string
	median             time.Duration
}

// flowKind is a userflow as users meet it.
type flowKind struct {
	name string
	// low and high bound its worth, minor units.
	low, high int
	eye       time.Duration
	// often is in how many of 100 sessions it is begun; first is true for one
	// that belongs into a device's first session only.
	often int
	first bool
	// backend is the request that decides it.
	backend endpoint
}

type share struct {
	dialect Dialect
	weight  int
}

// flowRule is how the demo's configuration judges a userflow.
type flowRule struct {
	critical bool
	// limit is the good eye time, 0 for not graded.
	limit time.Duration
}

// flowRuleOf returns the rule for a userflow: that of config/standalone.yaml.
func flowRuleOf(name string) flowRule {
	switch name {
	case flowCheckout:
		return flowRule{critical: true, limit: 2 * time.Second}
	case flowSignup:
		return flowRule{limit: 2 * time.Second}
	default:
		return flowRule{}
	}
}

const (
	flowCheckout = "checkout"
	flowSignup   = "signup"
	flowTransfer = "transfer"
	flowPurchase = "purchase"
)

// degraded is the host that is slow and fails for some hours.
const degraded = "pay.acme.example"

// apps returns the demo's apps, fresh ones on each call.
func apps() []*App { return []*App{shop(), bank(), game()} }

func appNamed(id string) *App {
	for _, a := range apps() {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// AppByKey returns the id of the demo's app that has a key, "" for none.
func AppByKey(key string) string {
	for _, a := range apps() {
		if a.Key == key {
			return a.ID
		}
	}
	return ""
}

func shop() *App {
	const api = "api.acme.example"
	pay := endpoint{"POST", degraded, "/v1/payments/{id}", 420 * time.Millisecond}
	return &App{
		Tenant: "acme", Token: "mt_demo_acme", ID: "shop", Name: "Acme Shop", Key: "mk_demo_acme_shop",
		Package: "com.acme.shop", Module: "Acme_Shop", Currency: "EUR", Share: 44,
		Releases: []Release{
			{"4.11.2", 1038, "6A8CB813-45F6-3652-AD33-778FD1EAB101", 0},
			{"4.12.0", 1042, "6A8CB813-45F6-3652-AD33-778FD1EAB102", 25},
			{"4.12.1", 1043, "6A8CB813-45F6-3652-AD33-778FD1EAB103", 60},
		},
		Screens: []string{"MainActivity", "CatalogActivity", "ItemActivity", "CartActivity", "SearchActivity", "AccountActivity"},
		Widgets: []string{"btn_buy", "btn_search", "item_card", "btn_filter", "tab_cart"},
		Requests: []endpoint{
			{"GET", api, "/v2/items/{id}", 180 * time.Millisecond},
			{"GET", api, "/v2/search", 310 * time.Millisecond},
			{"POST", api, "/v2/cart", 240 * time.Millisecond},
			{"GET", "img.acme.example", "/i/{id}.webp", 90 * time.Millisecond},
			{"GET", degraded, "/v1/methods", 260 * time.Millisecond},
		},
		Flows: []flowKind{
			{name: flowSignup, low: 500, high: 500, eye: 2600 * time.Millisecond, often: 60, first: true, backend: endpoint{"POST", api, "/v2/accounts", 380 * time.Millisecond}},
			{name: flowCheckout, low: 900, high: 24900, eye: 1900 * time.Millisecond, often: 30, backend: pay},
		},
		Dialects: []share{{OTelAndroid, 40}, {EmbraceAndroid, 18}, {OTelSwift, 18}, {HoneycombSwift, 24}},
		Bugs:     shopBugs(),
	}
}

func bank() *App {
	const api = "api.bank.acme.example"
	return &App{
		Tenant: "acme", Token: "mt_demo_acme", ID: "bank", Name: "Acme Bank", Key: "mk_demo_acme_bank",
		Package: "com.acme.bank", Module: "Acme_Bank", Currency: "USD", Share: 32,
		Releases: []Release{
			{"2.8.0", 280, "7B9DC924-56A7-4763-BE44-889AE2FBC201", 0},
			{"2.9.0", 290, "7B9DC924-56A7-4763-BE44-889AE2FBC202", 35},
			{"2.9.1", 291, "7B9DC924-56A7-4763-BE44-889AE2FBC203", 70},
		},
		Screens: []string{"LoginActivity", "OverviewActivity", "AccountActivity", "TransferActivity", "CardsActivity"},
		Widgets: []string{"btn_login", "btn_transfer", "row_account", "btn_confirm"},
		Requests: []endpoint{
			{"GET", api, "/accounts/{id}/balance", 220 * time.Millisecond},
			{"GET", api, "/accounts/{id}/postings", 410 * time.Millisecond},
			{"GET", "fx.acme.example", "/rates", 150 * time.Millisecond},
			{"POST", degraded, "/v1/limits", 330 * time.Millisecond},
		},
		Flows: []flowKind{
			{name: flowSignup, low: 0, high: 0, eye: 2900 * time.Millisecond, often: 50, first: true, backend: endpoint{"POST", api, "/customers", 520 * time.Millisecond}},
			{name: flowTransfer, low: 1000, high: 250000, eye: 3200 * time.Millisecond, often: 34, backend: endpoint{"POST", degraded, "/v1/transfers/{id}", 450 * time.Millisecond}},
		},
		Dialects: []share{{OTelAndroid, 26}, {EmbraceAndroid, 15}, {HoneycombAndroid, 18}, {HoneycombSwift, 18}, {OTelSwift, 23}},
		Bugs:     bankBugs(),
	}
}

func game() *App {
	const api = "play.globex.example"
	return &App{
		Tenant: "globex", Token: "mt_demo_globex", ID: "game", Name: "Globex Game", Key: "mk_demo_globex_game",
		Package: "com.globex.game", Module: "Globex_Game", Currency: "USD", Share: 24,
		Releases: []Release{
			{"1.30.0", 1300, "8CAED035-67B8-4874-8F55-99ABF30CD301", 0},
			{"1.31.0", 1310, "8CAED035-67B8-4874-8F55-99ABF30CD302", 30},
			{"1.32.0", 1320, "8CAED035-67B8-4874-8F55-99ABF30CD303", 65},
		},
		Screens: []string{"MenuActivity", "LevelActivity", "StoreActivity", "ProfileActivity"},
		Widgets: []string{"btn_play", "btn_store", "btn_boost"},
		Requests: []endpoint{
			{"GET", api, "/levels/{id}", 140 * time.Millisecond},
			{"POST", api, "/scores", 170 * time.Millisecond},
			{"GET", "ads.globex.example", "/slot", 380 * time.Millisecond},
		},
		Flows: []flowKind{
			{name: flowSignup, low: 0, high: 0, eye: 1700 * time.Millisecond, often: 70, first: true, backend: endpoint{"POST", api, "/players", 260 * time.Millisecond}},
			{name: flowPurchase, low: 99, high: 1999, eye: 2400 * time.Millisecond, often: 15, backend: endpoint{"POST", api, "/store/orders/{id}", 300 * time.Millisecond}},
		},
		Dialects: []share{{HoneycombRN, 46}, {OTelAndroid, 32}, {HoneycombSwift, 22}},
		Bugs:     gameBugs(),
	}
}
