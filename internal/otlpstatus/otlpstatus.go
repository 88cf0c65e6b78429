// Package otlpstatus says what an OTLP receiver shall answer when a pipeline
// cannot take a request: SDKs retry a 503 with Retry-After and drop a 500.
package otlpstatus

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// RetryDelay is how long senders are asked to wait.
const RetryDelay = 5 * time.Second

// statusError is an error with a gRPC status, which wraps what caused it.
type statusError struct {
	error
	status *status.Status
}

// GRPCStatus is what receivers look for.
func (e *statusError) GRPCStatus() *status.Status { return e.status }

// Unwrap returns the cause.
func (e *statusError) Unwrap() error { return e.error }

// Temporary marks err as one that may pass: receivers answer 503 (Unavailable)
// with Retry-After. An error that has a status already, or is permanent, is
// returned as it is.
func Temporary(err error) error {
	if err == nil || consumererror.IsPermanent(err) {
		return err
	}
	var has interface{ GRPCStatus() *status.Status }
	if errors.As(err, &has) {
		return err
	}
	s := status.New(codes.Unavailable, err.Error())
	if with, detailErr := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(RetryDelay)}); detailErr == nil {
		s = with
	}
	return &statusError{err, s}
}

// Refused marks err as the sender's fault, which no retry can cure: receivers
// answer 400 (InvalidArgument).
func Refused(err error) error {
	return consumererror.NewPermanent(&statusError{err, status.New(codes.InvalidArgument, fmt.Sprint(err))})
}
