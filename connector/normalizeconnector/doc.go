// Package normalizeconnector turns what mobile SDKs send over OTLP into
// canonical events and cuts it into uploads that keep their id however often
// they are sent.
package normalizeconnector

//go:generate mdatagen metadata.yaml
