using System.Globalization;
using IntrinsicLab.Data;
using Microsoft.Net.Http.Headers;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Strong entity tags: whoever changes a resource names the version they saw, whoever polls gets 304 until it changes.</summary>
public static class ETags
{
    /// <summary>
    /// Version, then time of the last progress. Progress changes what a reader sees but not the version, or nobody could edit a running
    /// run: <see cref="Refuse(HttpContext, Run)"/> compares the version alone.
    /// </summary>
    public static string Of(long version, DateTimeOffset updated) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{version}.{updated.UtcTicks / TimeSpan.TicksPerMicrosecond}\"");

    /// <summary>Sets the tag, and says whether the caller has this state already.</summary>
    public static bool Seen(HttpContext context, string tag)
    {
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "no-cache";
        return context.Request.GetTypedHeaders().IfNoneMatch is { Count: > 0 } seen
            && seen.Any(each => each == EntityTagHeaderValue.Any
                || each.Compare(new EntityTagHeaderValue(tag), useStrongComparison: false));
    }

    /// <summary>Refuses a change that names no version (428) or another one (412).</summary>
    public static ProblemResult? Refuse(HttpContext context, Run run) =>
        Refuse(context, run.Version.ToString(CultureInfo.InvariantCulture), Of(run.Version, run.UpdatedAt));

    /// <summary>As above, of anything whose tag begins with its version.</summary>
    public static ProblemResult? Refuse(HttpContext context, string version, string tag)
    {
        if (context.Request.GetTypedHeaders().IfMatch is not { Count: > 0 } named)
            return new(StatusCodes.Status428PreconditionRequired,
                $"Name the version you saw, so that nobody's change is lost: 'If-Match: {tag}' is the current one.");
        if (named.Any(each => each == EntityTagHeaderValue.Any || (!each.IsWeak && each.Tag.ToString().Split('.')[0].Trim('"') == version)))
            return null;
        return new(StatusCodes.Status412PreconditionFailed,
            $"It was changed meanwhile; the current version is {tag}. Read it again, then repeat the change.");
    }
}
