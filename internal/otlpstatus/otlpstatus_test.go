package otlpstatus

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var errDisk = errors.New("disk is busy")

func TestTemporaryAsksToRetry(t *testing.T) {
	err := fmt.Errorf("export: %w", Temporary(errDisk))
	require.ErrorIs(t, err, errDisk)
	s, ok := status.FromError(err)
	require.True(t, ok)
	assert.Equal(t, codes.Unavailable, s.Code())
	require.Len(t, s.Details(), 1)
	info, ok := s.Details()[0].(*errdetails.RetryInfo)
	require.True(t, ok)
	assert.Equal(t, RetryDelay, info.GetRetryDelay().AsDuration())
	assert.Equal(t, err, Temporary(err), "a status is kept")
	assert.NoError(t, Temporary(nil))
}

func TestRefusedIsPermanent(t *testing.T) {
	err := Refused(errDisk)
	assert.True(t, consumererror.IsPermanent(err))
	s, ok := status.FromError(err)
	require.True(t, ok)
	assert.Equal(t, codes.InvalidArgument, s.Code())
	assert.Equal(t, err, Temporary(err))
}

func TestEveryErrorOfAPipelineGetsAStatus(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		code codes.Code
	}{
		"nothing":       {nil, codes.OK},
		"may pass":      {errDisk, codes.Unavailable},
		"will not pass": {consumererror.NewPermanent(errDisk), codes.InvalidArgument},
		"has one":       {status.Error(codes.Unauthenticated, "who?"), codes.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			next := consumertest.NewErr(tt.err)
			for _, err := range []error{
				Logs(next).ConsumeLogs(t.Context(), plog.NewLogs()),
				Traces(next).ConsumeTraces(t.Context(), ptrace.NewTraces()),
				Metrics(next).ConsumeMetrics(t.Context(), pmetric.NewMetrics()),
			} {
				assert.Equal(t, tt.code, status.Code(err))
				if tt.err != nil {
					require.ErrorIs(t, err, tt.err)
				}
			}
		})
	}
}
