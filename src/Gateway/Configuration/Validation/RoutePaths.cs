using System.Diagnostics.CodeAnalysis;
using Gateway.Configuration.Reading;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Resolves the inline constraints of a route's path, which YARP's validator only parses. If a constraint cannot be resolved, ASP.NET Core
/// fails to build the matcher for all routes, and never builds another: no HTTP route would work until a restart.
/// </summary>
internal static class RoutePaths
{
    /// <summary>Reports constraints that do not exist, or that do not accept their arguments.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the route.</param>
    /// <param name="route">The route.</param>
    public static void Check(ValidationContext context, string path, RouteConfig route)
    {
        if (TryParse(route.Match?.Path) is not { } pattern)
        {
            return;
        }

        foreach (var (parameter, references) in pattern.ParameterPolicies)
        {
            foreach (var reference in references)
            {
                if (FindProblem(pattern.GetParameter(parameter), reference) is { } problem)
                {
                    context.Error($"{path}:Match:Path", $"the constraint \"{reference.Content}\" of {{{parameter}}} {problem}");
                }
            }
        }
    }

    /// <summary>
    /// Parses the pattern of a path. Null: there is no path, or the path cannot be parsed, which YARP's validator reports.
    /// </summary>
    public static RoutePattern? TryParse(string? path)
    {
        try
        {
            return string.IsNullOrEmpty(path) ? null : RoutePatternFactory.Parse(path);
        }
        catch (RoutePatternException)
        {
            return null;
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Nobody adds a constraint, and the framework keeps its own.")]
    private static string? FindProblem(RoutePatternParameterPart? parameter, RoutePatternParameterPolicyReference reference)
    {
        var known = RoutingServices.Default.GetRequiredService<IOptions<RouteOptions>>().Value.ConstraintMap.Keys;
        var name = (reference.Content ?? "").Split('(')[0];
        if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return "does not exist" + Suggestion.For(name, known);
        }

        try
        {
            var policy = RoutingServices.Default.GetRequiredService<ParameterPolicyFactory>().Create(parameter, reference);
            // Calls the constraint once, because a regular expression is compiled only at its first use, which otherwise is a request.
            (policy as IRouteConstraint)?.Match(null, null, "x", new RouteValueDictionary { ["x"] = "x" }, RouteDirection.IncomingRequest);
            return null;
        }
#pragma warning disable CA1031 // The constructor of a constraint may throw any exception, which would otherwise fail a request.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return $"cannot be used: {LogText.DetailOf(e)}";
        }
    }
}
