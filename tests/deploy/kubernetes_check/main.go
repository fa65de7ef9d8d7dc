// Judges kustomizations and Helm charts: `kubernetes_check DIRECTORY...` builds each as `kubectl kustomize` does, or lints and
// renders it as `helm lint` and `helm template` do (DIRECTORY=VALUES.yaml: with these values), decodes every object strictly as the
// type of Kubernetes' or the Prometheus operator's API, and prints for every pod which demands of the "restricted" Pod Security
// Standard it does not meet. The whole built text goes to standard output, for tests that look into it.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/releaseutil"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringalpha "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func scheme() (*runtime.Scheme, error) {
	known := runtime.NewScheme()
	var failed error
	for _, add := range []func(*runtime.Scheme) error{
		apps.AddToScheme, batch.AddToScheme, core.AddToScheme, networking.AddToScheme, monitoring.AddToScheme,
		monitoringalpha.AddToScheme,
	} {
		failed = errors.Join(failed, add(known))
	}
	return known, failed
}

// podOf gives the pod that an object makes, if it makes one.
func podOf(object runtime.Object) (*meta.ObjectMeta, *core.PodSpec) {
	switch typed := object.(type) {
	case *apps.Deployment:
		return &typed.Spec.Template.ObjectMeta, &typed.Spec.Template.Spec
	case *apps.DaemonSet:
		return &typed.Spec.Template.ObjectMeta, &typed.Spec.Template.Spec
	case *batch.Job:
		return &typed.Spec.Template.ObjectMeta, &typed.Spec.Template.Spec
	}
	return nil, nil
}

// kustomization gives the objects of a folder with a kustomization.yaml, each as YAML.
func kustomization(directory string) ([]string, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// chart gives the objects that a Helm chart makes with the values of a file ("": its own), each as YAML. What `helm lint` finds
// is an error.
func chart(directory, file string) ([]string, error) {
	values := chartutil.Values{}
	if file != "" {
		var err error
		if values, err = chartutil.ReadValuesFile(file); err != nil {
			return nil, err
		}
	}
	var failed error
	for _, message := range lint.All(directory, values, "lossd", true).Messages {
		if message.Severity >= support.WarningSev {
			failed = errors.Join(failed, message)
		}
	}
	loaded, err := loader.Load(directory)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	rendering, err := chartutil.ToRenderValues(loaded, values,
		chartutil.ReleaseOptions{Name: "lossd", Namespace: "lossd", Revision: 1, IsInstall: true}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	rendered, err := engine.Render(loaded, rendering)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	var texts []string
	for name, text := range rendered {
		if strings.HasSuffix(name, "NOTES.txt") {
			continue
		}
		for _, object := range releaseutil.SplitManifests(text) {
			texts = append(texts, object+"\n")
		}
	}
	sort.Strings(texts)
	return texts, failed
}

func check(argument string, decoder runtime.Decoder, security policy.Evaluator) error {
	directory, values, _ := strings.Cut(argument, "=")
	var texts []string
	var failed error
	if _, err := os.Stat(filepath.Join(directory, "Chart.yaml")); err == nil {
		texts, failed = chart(directory, values)
	} else {
		texts, failed = kustomization(directory)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, text := range texts {
		object, kind, err := decoder.Decode([]byte(text), nil, nil)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%w in:\n%s", err, text))
			continue
		}
		fmt.Printf("---\n%s", text)
		if about, pod := podOf(object); pod != nil {
			verdict := policy.AggregateCheckResults(security.EvaluatePod(restricted, about, pod))
			if !verdict.Allowed {
				fmt.Fprintf(os.Stderr, "%s %s: not restricted: %s\n", kind.Kind, object.(meta.Object).GetName(), verdict.ForbiddenDetail())
			}
		}
	}
	return failed
}

func main() {
	log.SetOutput(io.Discard) // Helm tells of each symbolic link in a chart: that is where ours has the shipped rules from
	known, err := scheme()
	if err != nil {
		panic(err)
	}
	security, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		panic(err)
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, known, known, json.SerializerOptions{Yaml: true, Strict: true})
	failed := len(os.Args) < 2
	for _, argument := range os.Args[1:] {
		if err := check(argument, decoder, security); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", argument, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
