/// What became of each resource: findings for people, and statuses as Kubernetes would store them.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.report;
