/// Resources of `ambit.dev`: what Istio's API has no words for.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.ambit;
