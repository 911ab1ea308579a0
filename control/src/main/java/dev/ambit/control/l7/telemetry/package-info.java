/// What a proxy tells of traffic: Telemetry resources and the mesh's defaults, merged per chain and
/// written as filters, access logs and tracers.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.telemetry;
