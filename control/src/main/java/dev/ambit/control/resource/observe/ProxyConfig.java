package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;

/// Istio's ProxyConfig: environment variables, image and threads of a proxy, in effect when its pod
/// is made. Nothing of it is sent to a proxy.
public record ProxyConfig(Meta meta) implements Resource {}
