namespace IntrinsicLab.Web.Endpoints;

/// <summary>
/// Refuses changes, and WebSockets, that a web page of another origin asks for. The API has no cookies to steal, but whoever can reach the loopback
/// address may use it, and every page that a browser of this machine shows can.
/// </summary>
public static class CrossSiteRequests
{
    public static async Task RefuseAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method)
            || context.WebSockets.IsWebSocketRequest;
        if (changes && request.Path.StartsWithSegments("/api/v1") && !IsOwn(request))
            await new ProblemResult(StatusCodes.Status403Forbidden,
                "Changes are accepted from the lab's own pages and from programs, not from other web pages.")
                .ExecuteAsync(context);
        else
            await next(context);
    }

    private static bool IsOwn(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        return site is "" or "same-origin" or "none"
            && (origin.Length == 0 || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));
    }
}
