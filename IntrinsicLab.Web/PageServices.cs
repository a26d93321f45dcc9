using IntrinsicLab.Web.Components;
using IntrinsicLab.Web.Endpoints;
using IntrinsicLab.Web.Live;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Diagnostics;
using Radzen;

namespace IntrinsicLab.Web;

/// <summary>The dashboard: services and routes of its pages.</summary>
public static class PageServices
{
    public static IServiceCollection AddLabPages(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents();
        // A pasted plan is larger than SignalR's 32 KB; beyond a megabyte it is no plan.
        services.AddSignalR(options => options.MaximumReceiveMessageSize = 1 << 20);
        // Circuits die with the process, so what protects them need not outlive it either, and no key lies on the disk.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddResponseCompression(options => options.EnableForHttps = true);
        services.AddScoped<NotificationService>();
        services.AddScoped<Toasts>();
        services.AddScoped<Here>();
        services.AddScoped<RunActions>();
        services.AddSingleton<References>();
        services.AddSingleton<AlgorithmCurves>();
        services.AddScoped<ExperimentActions>();
        services.AddSingleton<RunFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<RunFeed>());
        return services;
    }

    public static WebApplication MapLabPages(this WebApplication app)
    {
        app.UseResponseCompression();
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.Use((context, next) =>
        {
            // Scripts get problem details, never a page.
            if ((ApiErrors.IsApi(context.Request.Path) || !context.Request.Headers.Accept.ToString().Contains("text/html"))
                && context.Features.Get<IStatusCodePagesFeature>() is { } pages)
                pages.Enabled = false;
            return next();
        });
        app.UseAntiforgery();
        BlazorScript.Map(app);
        app.MapStaticAssets();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        return app;
    }
}
