package dev.ambit.waypoint.security;

import dev.ambit.waypoint.match.MetadataMatch;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.route.HeaderValue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `ExtAuthz`: what an authorization server is asked, and what becomes of its answers.
///
/// @param enabled holds where the server is to be asked; empty for always. For connections too
/// @param denyDisabled whether requests that are not asked about are refused
/// @param statusOnError of the refusal where the server can't be asked
/// @param allowOnError whether such requests pass instead
/// @param tellAllowed whether these carry `x-envoy-auth-failure-mode-allowed`
/// @param clearRoute whether the route is looked up again after the server changed the request
/// @param allowed fields that the server sees; empty for all, with HTTP for `authorization` alone
/// @param hidden fields that it does not see
/// @param metadata namespaces of dynamic metadata that it sees
/// @param takesMetadata whether its answer may set dynamic metadata
/// @param validates whether an answer with impossible header fields refuses the request with 500;
///   otherwise these are left out
/// @param tellSni whether it sees the name in the caller's TLS hello
public record AuthzConfig(
        Service service,
        Optional<MetadataMatch> enabled,
        boolean denyDisabled,
        int statusOnError,
        boolean allowOnError,
        boolean tellAllowed,
        boolean clearRoute,
        Optional<Body> body,
        Optional<List<TextMatch>> allowed,
        List<TextMatch> hidden,
        List<String> metadata,
        boolean takesMetadata,
        boolean validates,
        boolean tellSni) {

    /// @param asBytes whether it is sent as octets, not as text
    public record Body(int maxBytes, boolean partial, boolean asBytes) {}

    public sealed interface Service {
        String cluster();

        Duration timeout();

        /// @param pathPrefix before the request's own path
        /// @param add fields for the server
        /// @param toUpstream fields of its consent that replace those of the request
        /// @param toUpstreamAppended fields of its consent that are added to those of the request
        /// @param toClient fields of its refusal that the caller sees; empty for all
        /// @param toClientOnConsent fields of its consent that the caller sees
        /// @param toMetadata fields of its consent that become dynamic metadata
        record Http(
                String cluster,
                Duration timeout,
                String pathPrefix,
                List<AddedField> add,
                List<TextMatch> toUpstream,
                List<TextMatch> toUpstreamAppended,
                List<TextMatch> toClient,
                List<TextMatch> toClientOnConsent,
                List<TextMatch> toMetadata)
                implements Service {}

        /// @param metadata fields of each call
        record Grpc(String cluster, Duration timeout, String authority, List<AddedField> metadata)
                implements Service {}
    }

    /// @param name lower-case
    public record AddedField(String name, HeaderValue value) {}

    /// `ExtAuthzPerRoute`.
    ///
    /// @param body instead of the filter's; empty for the filter's
    /// @param noBody whether no body is sent
    public record PerRoute(
            boolean disabled, Map<String, String> context, Optional<Body> body, boolean noBody) {}

    static boolean any(List<TextMatch> matches, String text) {
        for (int i = 0; i < matches.size(); i++) {
            if (matches.get(i).matches(text)) {
                return true;
            }
        }
        return false;
    }
}
