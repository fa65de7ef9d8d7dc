// Judges kustomizations: `kubernetes_check DIRECTORY...` builds each as `kubectl kustomize` does, decodes every object strictly
// as the type of Kubernetes' or the Prometheus operator's API, and prints for every pod which demands of the "restricted" Pod
// Security Standard it does not meet. The whole built text goes to standard output, for tests that look into it.
package main

import (
	"errors"
	"fmt"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
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

func check(directory string, decoder runtime.Decoder, security policy.Evaluator) error {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
	if err != nil {
		return err
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	var failed error
	for _, resource := range built.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return err
		}
		object, _, err := decoder.Decode(text, nil, nil)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", resource.CurId(), err))
			continue
		}
		fmt.Printf("---\n%s", text)
		if about, pod := podOf(object); pod != nil {
			verdict := policy.AggregateCheckResults(security.EvaluatePod(restricted, about, pod))
			if !verdict.Allowed {
				fmt.Fprintf(os.Stderr, "%s: not restricted: %s\n", resource.GetName(), verdict.ForbiddenDetail())
			}
		}
	}
	return failed
}

func main() {
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
	for _, directory := range os.Args[1:] {
		if err := check(directory, decoder, security); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", directory, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
