using IntrinsicLab.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IntrinsicLab.Worker;

/// <summary>The verb <c>serve</c>: a worker without a dashboard.</summary>
internal static class ServeCommand
{
    public static async Task<int> Execute()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddLabData(builder.Configuration).AddLabWorker(builder.Configuration);
        // Why a start failed is said below, without a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        try
        {
            using var host = builder.Build();
            await host.RunAsync();
            return 0;
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
    }
}
