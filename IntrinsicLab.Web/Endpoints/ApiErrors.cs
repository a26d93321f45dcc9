using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>On the API's paths, whatever fails or answers an error without a body becomes a <see cref="ProblemResult"/>.</summary>
public sealed partial class ApiErrors(RequestDelegate next, ILogger<ApiErrors> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!IsApi(context.Request.Path))
        {
            await next(context);
            return;
        }
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            context.Response.StatusCode = exception.StatusCode;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Unhandled(log, exception, context.Request.Method, context.Request.Path);
            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
        var response = context.Response;
        if (response is { StatusCode: >= 400, HasStarted: false, ContentType: null } && response.ContentLength is null or 0)
            await new ProblemResult(response.StatusCode, Explain(context)).ExecuteAsync(context);
    }

    /// <summary>Paths that programs talk to, as opposed to pages.</summary>
    public static bool IsApi(PathString path) =>
        path.StartsWithSegments("/api/v1") || path.StartsWithSegments("/openapi") || path.StartsWithSegments("/health");

    private static string Explain(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status400BadRequest =>
            "The request could not be understood: its host is not one this lab answers to, or its framing is broken.",
        StatusCodes.Status404NotFound => $"There is nothing at {context.Request.Path}.{Hint(context)}",
        StatusCodes.Status405MethodNotAllowed =>
            $"{context.Request.Method} is not possible here; allowed: {context.Response.Headers.Allow}.",
        StatusCodes.Status413PayloadTooLarge =>
            $"The body is larger than the {RequestBody.Largest / 1024 / 1024} MiB that one request may carry.",
        StatusCodes.Status415UnsupportedMediaType =>
            $"The body must be JSON, announced by 'Content-Type: application/json'; this was {Given(context)}. With curl, use --json.",
        >= 500 => "Something went wrong inside the lab; its log has the details under this traceId.",
        _ => "The request was refused.",
    };

    private static string Given(HttpContext context) =>
        string.IsNullOrEmpty(context.Request.ContentType) ? "not announced" : $"'{context.Request.ContentType}'";

    private static string Hint(HttpContext context)
    {
        var last = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(2);
        string[] known = ["algorithms", "environments", "runs", "experiments", "queue", "workers"];
        return last is null || known.Contains(last) || Problem.Nearest(last, known) is not { } near ? "" : $" Did you mean /api/v1/{near}?";
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void Unhandled(ILogger log, Exception exception, string method, PathString path);

    /// <summary>
    /// Puts the middleware before everything else, host filtering included. It stands a second time around the routes, inside the page that
    /// shows developers a stack trace.
    /// </summary>
    public sealed class First : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseMiddleware<ApiErrors>();
            next(app);
        };
    }
}
