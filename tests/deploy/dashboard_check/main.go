// Judges Grafana dashboards: `dashboard_check FILE...` runs Grafana's own linter over each, every warning an error, and
// decodes each strictly as the dashboard type of Grafana's current schema, so that an unknown or misspelt field is an error.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/dashboard-linter/lint"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// The fields of an annotation that belong to the Prometheus data source and not to the schema of dashboards.
var prometheusAnnotationFields = []string{"step", "tagKeys", "textFormat", "titleFormat", "useValueForTime"}

func withoutPrometheusAnnotationFields(file []byte) ([]byte, error) {
	var board map[string]any
	if err := json.Unmarshal(file, &board); err != nil {
		return nil, err
	}
	annotations, _ := board["annotations"].(map[string]any)
	list, _ := annotations["list"].([]any)
	for _, entry := range list {
		if annotation, ok := entry.(map[string]any); ok {
			for _, field := range prometheusAnnotationFields {
				delete(annotation, field)
			}
		}
	}
	return json.Marshal(board)
}

func checkSchema(file []byte) error {
	file, err := withoutPrometheusAnnotationFields(file)
	if err != nil {
		return err
	}
	var decoded dashboard.Dashboard
	if err := decoded.UnmarshalJSONStrict(file); err != nil {
		return err
	}
	if err := decoded.Validate(); err != nil {
		return err
	}
	current, err := dashboard.NewDashboardBuilder("").Build()
	if err != nil {
		return err
	}
	if decoded.SchemaVersion != current.SchemaVersion {
		return fmt.Errorf("schemaVersion is %d, the current one %d", decoded.SchemaVersion, current.SchemaVersion)
	}
	return nil
}

func check(path string) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := checkSchema(file); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	board, err := lint.NewDashboard(file)
	if err != nil {
		return err
	}
	rules := lint.NewRuleSet()
	results, err := rules.Lint([]lint.Dashboard{board})
	if err != nil {
		return err
	}
	results.Configure(lint.NewConfigurationFile())
	if results.MaximumSeverity() >= lint.Warning {
		results.ReportByRule()
		return fmt.Errorf("the linter's verdict is above")
	}
	return nil
}

func main() {
	plugins.RegisterDefaultPlugins()
	failed := len(os.Args) < 2
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
