package otlpstatus

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
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
