using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Query of requests that may wait.</summary>
public sealed record WaitQuery : ICheckedQuery
{
    /// <summary>Seconds to wait at most; 'Prefer: wait=60' does the same.</summary>
    [Range(0, 600)]
    public int Wait { get; init; }

    /// <summary>terminal, active or a status; several with commas.</summary>
    public string Until { get; init; } = "terminal";

    public void Check(List<Problem> faults) => Words.Statuses(Until, "/until", faults);

    internal IReadOnlyList<RunStatus> Statuses() => Words.Statuses(Until, "/until", []);
}

/// <summary>Long polls: a shell script waits without a loop.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns when the condition holds or the time asked for is over; then it names the time to come back.</summary>
    public static async Task UntilAsync(WaitQuery query, HttpContext context, Func<Task<bool>> holds)
    {
        var seconds = query.Wait > 0 ? query.Wait : Preferred(context);
        if (seconds == 0 || await holds())
            return;
        // The end of the lab ends the waiting too, or every stop would take as long as the longest wait.
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        over.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            do
                await Task.Delay(Look, over.Token);
            while (!await holds());
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Headers.RetryAfter = "1";
        }
    }

    private static int Preferred(HttpContext context)
    {
        var wait = context.Request.Headers["Prefer"].ToString().Split(',', ';').Select(part => part.Trim())
            .FirstOrDefault(part => part.StartsWith("wait=", StringComparison.Ordinal));
        return wait is not null && int.TryParse(wait[5..], CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 600
            ? seconds
            : 0;
    }
}
