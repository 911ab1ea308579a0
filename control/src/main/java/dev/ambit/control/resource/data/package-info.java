/// Kubernetes' Secret and ConfigMap.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.data;
