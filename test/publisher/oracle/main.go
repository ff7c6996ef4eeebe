// What Kubernetes itself says, for test/publisher/oracle.ts to compare with. One JSON object a line on stdin, one answer
// a line on stdout, in order:
//
//	{"reset": true}                                          a new, empty cluster
//	{"pods": […], "nodes": […], "services": […],
//	 "removedPods": [name…], "removedNodes": [name…]}        changes, then each Service is reconciled
//	{"selector": "a=b", "labels": [{…}, …]}                  whether labels fulfil a selector
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	corelisters "k8s.io/client-go/listers/core/v1"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/endpointslice"
	"k8s.io/endpointslice/util"
	"k8s.io/klog/v2"
)

const manager = "publisher.podusher.dev"

type request struct {
	Reset        bool              `json:"reset"`
	Pods         []*corev1.Pod     `json:"pods"`
	Nodes        []*corev1.Node    `json:"nodes"`
	Services     []*corev1.Service `json:"services"`
	RemovedPods  []string          `json:"removedPods"`
	RemovedNodes []string          `json:"removedNodes"`
	Selector     *string           `json:"selector"`
	Labels       []labels.Set      `json:"labels"`
}

type answer struct {
	Slices  []discovery.EndpointSlice `json:"slices,omitempty"`
	Creates int                       `json:"creates"`
	Updates int                       `json:"updates"`
	Deletes int                       `json:"deletes"`
	Parses  bool                      `json:"parses"`
	Matches []bool                    `json:"matches,omitempty"`
}

type cluster struct {
	client     *fake.Clientset
	nodes      cache.Indexer
	pods       map[string]*corev1.Pod
	services   map[string]*corev1.Service
	reconciler *endpointslice.Reconciler
}

func newCluster() *cluster {
	client := fake.NewClientset()
	created := 0
	// As the API server names what has a generateName.
	client.PrependReactor("create", "endpointslices", func(action clienttesting.Action) (bool, runtime.Object, error) {
		slice := action.(clienttesting.CreateAction).GetObject().(*discovery.EndpointSlice)
		created++
		slice.Name = fmt.Sprintf("%s%d", slice.GenerateName, created)
		slice.UID = types.UID(slice.Name)
		return false, nil, nil
	})
	nodes := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	return &cluster{
		client:   client,
		nodes:    nodes,
		pods:     map[string]*corev1.Pod{},
		services: map[string]*corev1.Service{},
		reconciler: endpointslice.NewReconciler(client, corelisters.NewNodeLister(nodes), 100,
			util.NewEndpointSliceTracker(), nil, record.NewFakeRecorder(0), manager,
			endpointslice.WithPreferSameTrafficDistributionEnabled(true)),
	}
}

// As syncService in pkg/controller/endpointslice does, with the selector's text for the selector.
func (c *cluster) reconcile(service *corev1.Service) error {
	ctx := context.Background()
	selector, err := labels.Parse(service.Annotations["podusher.dev/selector"])
	if err != nil {
		return err
	}
	pods := []*corev1.Pod{}
	for _, pod := range c.pods {
		if pod.Namespace == service.Namespace && selector.Matches(labels.Set(pod.Labels)) {
			pods = append(pods, pod)
		}
	}
	list, err := c.slices(ctx, service)
	if err != nil {
		return err
	}
	existing := []*discovery.EndpointSlice{}
	for i := range list {
		existing = append(existing, &list[i])
	}
	err = c.reconciler.Reconcile(klog.Background(), service, pods, existing, time.Time{})
	// It tells so of each pod whose node it does not know, after it has written the others.
	if err != nil && !strings.Contains(err.Error(), "Not Found") {
		return err
	}
	return nil
}

func (c *cluster) slices(ctx context.Context, service *corev1.Service) ([]discovery.EndpointSlice, error) {
	selector := labels.Set{discovery.LabelServiceName: service.Name, discovery.LabelManagedBy: manager}
	list, err := c.client.DiscoveryV1().EndpointSlices(service.Namespace).List(ctx,
		metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

func (c *cluster) step(asked request) (answer, error) {
	for _, pod := range asked.Pods {
		c.pods[pod.Name] = pod
	}
	for _, name := range asked.RemovedPods {
		delete(c.pods, name)
	}
	for _, node := range asked.Nodes {
		if err := c.nodes.Update(node); err != nil {
			return answer{}, err
		}
	}
	for _, name := range asked.RemovedNodes {
		if err := c.nodes.Delete(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return answer{}, err
		}
	}
	for _, service := range asked.Services {
		c.services[service.Name] = service
	}
	told := answer{}
	for _, service := range c.services {
		c.client.ClearActions()
		if err := c.reconcile(service); err != nil {
			return answer{}, err
		}
		for _, action := range c.client.Actions() {
			switch action.GetVerb() {
			case "create":
				told.Creates++
			case "update":
				told.Updates++
			case "delete":
				told.Deletes++
			}
		}
		slices, err := c.slices(context.Background(), service)
		if err != nil {
			return answer{}, err
		}
		told.Slices = append(told.Slices, slices...)
	}
	return told, nil
}

func match(asked request) answer {
	selector, err := labels.Parse(*asked.Selector)
	if err != nil {
		return answer{}
	}
	told := answer{Parses: true}
	for _, set := range asked.Labels {
		told.Matches = append(told.Matches, selector.Matches(set))
	}
	return told
}

func run() error {
	klog.SetLogger(klog.Background().V(100))
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	decoder := json.NewDecoder(lines)
	encoder := json.NewEncoder(out)
	now := newCluster()
	for decoder.More() {
		asked := request{}
		if err := decoder.Decode(&asked); err != nil {
			return err
		}
		told := answer{}
		switch {
		case asked.Reset:
			now = newCluster()
		case asked.Selector != nil:
			told = match(asked)
		default:
			var err error
			if told, err = now.step(asked); err != nil {
				return err
			}
		}
		if err := encoder.Encode(told); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
