package otlpstatus

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc/status"
)

// Of gives an error of a pipeline the status that its sender needs: an error
// with a status keeps it, a permanent one is Refused, any other is Temporary.
// Without it receivers answer 500, which SDKs take as final, or a 503 that does
// not say when to come again.
func Of(err error) error {
	var has interface{ GRPCStatus() *status.Status }
	if err == nil || errors.As(err, &has) {
		return err
	}
	if consumererror.IsPermanent(err) {
		return Refused(err)
	}
	return Temporary(err)
}

// Logs returns next with Of applied to its errors.
func Logs(next consumer.Logs) consumer.Logs { return logs{next} }

type logs struct{ consumer.Logs }

// ConsumeLogs implements consumer.Logs.
func (l logs) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	return Of(l.Logs.ConsumeLogs(ctx, ld))
}

// Traces returns next with Of applied to its errors.
func Traces(next consumer.Traces) consumer.Traces { return traces{next} }

type traces struct{ consumer.Traces }

// ConsumeTraces implements consumer.Traces.
func (t traces) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	return Of(t.Traces.ConsumeTraces(ctx, td))
}

// Metrics returns next with Of applied to its errors.
func Metrics(next consumer.Metrics) consumer.Metrics { return metrics{next} }

type metrics struct{ consumer.Metrics }

// ConsumeMetrics implements consumer.Metrics.
func (m metrics) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	return Of(m.Metrics.ConsumeMetrics(ctx, md))
}
