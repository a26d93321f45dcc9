using IntrinsicLab.Web.Live;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>The REST API: its services and its routes.</summary>
public static class LabApi
{
    public static IServiceCollection AddLabApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        services.Configure<KestrelServerOptions>(options => options.Limits.MaxRequestBodySize = RequestBody.Largest);
        services.AddOptions<HostFilteringOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            // A page whose name was pointed at this machine afterwards (DNS rebinding) must not pass as the lab's own.
            var named = (configuration["AllowedHosts"] ?? "")
                .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            options.AllowedHosts = named is [] or ["*"] ? ["localhost", "127.0.0.1", "[::1]"] : named;
            options.IncludeFailureMessage = false;
        });
        services.AddSingleton<EnvironmentStills>();
        services.AddSingleton(_ => new PlaySessions());
        services.AddSingleton<PolicyProcesses>();
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, ApiErrors.First>());
        return services.AddOpenApi(OpenApiDescription.DocumentName, OpenApiDescription.Configure);
    }

    public static WebApplication MapLabApi(this WebApplication app)
    {
        app.UseMiddleware<ApiErrors>();
        app.UseWebSockets(new() { KeepAliveInterval = TimeSpan.FromSeconds(20) });
        app.Use(CrossSiteRequests.RefuseAsync);
        app.Use(IdempotentRequests.HandleAsync);
        // Its own pages, beside the API's paths: works without a network, as its files are inside the package.
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "api";
            options.DocumentTitle = "IntrinsicLab API";
            options.SwaggerEndpoint("/openapi/v1.json", "IntrinsicLab API v1");
        });
        app.MapOpenApi("/openapi/{documentName:regex(^v1$)}.json");
        HealthEndpoints.Map(app);

        var group = app.MapGroup("/api/v1").AddEndpointFilter(RefuseBadRequests);
        var catalogue = Tagged(group, "Catalogue");
        CatalogEndpoints.Map(catalogue);
        PlayEndpoint.Map(catalogue);
        AlgorithmCurvesEndpoint.Map(catalogue);
        BanditEndpoint.Map(Tagged(group, "Bandits"));
        var runs = Tagged(group, "Runs");
        RunListEndpoint.Map(runs);
        RunEndpoints.Map(runs);
        RunActionEndpoints.Map(runs);
        RunImportEndpoint.Map(runs);
        PolicyEndpoints.Map(Tagged(group, "Policies"));
        var results = Tagged(group, "Results");
        MetricEndpoints.Map(results);
        MetricIngestEndpoint.Map(results);
        RunHistoryEndpoints.Map(results);
        RunEventEndpoint.Map(results);
        ComparisonEndpoint.Map(results);
        PublishedFigureEndpoint.Map(results);
        BaselineEndpoints.Map(Tagged(group, "Baselines"));
        RuleEndpoints.Map(Tagged(group, "Rules"));
        ReproductionEndpoints.Map(Tagged(group, "Reproductions"));
        var experiments = Tagged(group, "Experiments");
        ExperimentEndpoints.Map(experiments);
        ExperimentActionEndpoints.Map(experiments);
        ExperimentResultEndpoints.Map(experiments);
        SweepEndpoints.Map(Tagged(group, "Sweeps"));
        QueueEndpoints.Map(Tagged(group, "Queue"));
        return app;
    }

    /// <summary>The POST creates something and takes an Idempotency-Key.</summary>
    internal static RouteHandlerBuilder Creates(this RouteHandlerBuilder route) =>
        route.WithMetadata(new CreatesMetadata())
            .TakesHeader(IdempotentRequests.Header, false, "The same key and body give the same answer again.");

    /// <summary>The change must name the version it was made from.</summary>
    internal static RouteHandlerBuilder NeedsVersion(this RouteHandlerBuilder route) =>
        route.TakesHeader("If-Match", true, "ETag of the version seen; 428 without, 412 when somebody was faster.");

    /// <summary>The request may or must carry a header, which the document shows.</summary>
    internal static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, bool required, string description) =>
        route.WithMetadata(new HeaderMetadata(name, required, description));

    private static RouteGroupBuilder Tagged(RouteGroupBuilder group, string tag) => group.MapGroup("").WithTags(tag);

    private static ValueTask<object?> RefuseBadRequests(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.Arguments.OfType<IRefusable>().Select(argument => argument.Refusal)
            .FirstOrDefault(refusal => refusal is not null) is { } refused
            ? ValueTask.FromResult<object?>(refused)
            : next(context);
}

/// <summary>A header of a route's request, for its documentation.</summary>
/// <param name="Name">The header.</param>
/// <param name="Required">Requests without it are refused.</param>
/// <param name="Description">What it does.</param>
public sealed record HeaderMetadata(string Name, bool Required, string Description);
