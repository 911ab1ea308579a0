/// What is seen of traffic and by whom: telemetry, access logs, traces, the services that extend a
/// proxy, and what is told a proxy about itself.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.observe;
