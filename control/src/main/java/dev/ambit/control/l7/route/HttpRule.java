package dev.ambit.control.l7.route;

import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.RouteParts.Cors;
import dev.ambit.control.resource.route.RouteParts.Fault;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import java.util.List;
import java.util.Optional;

/// @param matches none: all requests
public record HttpRule(
        String name,
        List<HttpMatch> matches,
        HttpAction action,
        Optional<Fault> fault,
        Optional<Cors> cors,
        HeaderChanges headers) {
    public HttpRule {
        matches = List.copyOf(matches);
    }

    public HttpRule withMatches(List<HttpMatch> others) {
        return new HttpRule(name, others, action, fault, cors, headers);
    }
}
