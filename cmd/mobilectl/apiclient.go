package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// apiClient asks the HTTP API with a tenant's token.
type apiClient struct {
	base, token string
}

// get asks for a path that begins with /api/v1 and decodes the answer.
func (c apiClient) get(ctx context.Context, path string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		var problem struct {
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(res.Body).Decode(&problem)
		return fmt.Errorf("ask %s: %s: %s", path, res.Status, problem.Detail)
	}
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}
