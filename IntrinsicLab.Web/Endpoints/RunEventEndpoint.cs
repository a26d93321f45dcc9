using System.Globalization;
using System.Text;
using System.Text.Json;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What happens to a run, as it happens.</summary>
public static class RunEventEndpoint
{
    private const int LinesPerLook = 1000;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300);

    public static void Map(RouteGroupBuilder group) =>
        group.MapGet("/runs/{id:guid}/events", Events).WithName("ReadEvents")
            .TakesHeader("Last-Event-ID", false, "The id of the last event received; the stream goes on after it.")
            .Produces<EventList>(200, "application/json", "text/event-stream");

    /// <summary>
    /// Server-sent events: first the history, then what follows, until the run has ended. Types are 'state', 'metrics' (which metrics got
    /// points, their last values, progress), 'artifacts' (those new or replaced, such as replays) and 'log'. Each id names the place reached; sent back as Last-Event-ID the stream goes on
    /// there. With 'Accept: application/json' the transitions so far as a list.
    /// </summary>
    public static async Task<IResult> Events(
        Guid id, HttpContext context, IDbContextFactory<LabDbContext> contexts, TimeProvider time, IHostApplicationLifetime lifetime,
        CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (!await lab.Exists(id, cancellation))
            return RunEndpoints.Missing(id);
        if (context.Request.GetTypedHeaders().Accept.Any(each => each.MediaType == "application/json"))
            return TypedResults.Ok(new EventList(await Transitions(lab, id, 0).ToListAsync(cancellation)));
        var last = context.Request.Headers["Last-Event-ID"].ToString();
        if (Place.Read(last) is not { } place)
            return new ProblemResult(StatusCodes.Status400BadRequest, $"'{last}' is not an id of this stream.");
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        // The end of the lab ends the stream, or every stop would wait for it; the browser comes back by itself.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            await Follow(id, place, context.Response, contexts, time, ending.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
        }
        return TypedResults.Empty;
    }

    private static async Task Follow(
        Guid id, Place place, HttpResponse response, IDbContextFactory<LabDbContext> contexts, TimeProvider time,
        CancellationToken cancellation)
    {
        var stream = new EventStream(response, time);
        var sequences = new Dictionary<string, long>();
        await stream.Begin(cancellation);
        while (true)
        {
            await using (var lab = await contexts.CreateDbContextAsync(cancellation))
            {
                // Status first: whatever a run wrote before it ended is then seen before the stream ends.
                var run = await lab.Runs.AsNoTracking().Where(each => each.Id == id && each.DeletedAt == null)
                    .Select(each =>
                        new { each.Status, each.StepsDone, each.Steps, each.EpisodesDone, each.StepsPerSecond, each.LastReturn })
                    .SingleOrDefaultAsync(cancellation);
                if (run is null)
                    return;
                foreach (var transition in await Transitions(lab, id, place.Transition).ToListAsync(cancellation))
                    await stream.Send("state", place = place with { Transition = transition.Id }, transition, cancellation);

                var lines = await lab.LogLines.AsNoTracking().Where(line => line.RunId == id && line.Sequence > place.Line)
                    .OrderBy(line => line.Sequence).Take(LinesPerLook).ToListAsync(cancellation);
                foreach (var line in lines)
                    await stream.Send("log", place = place with { Line = line.Sequence },
                        new LogEntry(line.Sequence, line.Time, line.Stream, line.Text), cancellation);

                var series = await lab.MetricSeries.AsNoTracking().Where(each => each.RunId == id)
                    .Select(each => new { each.Name, each.Sequence, each.LastStep, each.LastValue, each.Count }).ToListAsync(cancellation);
                var total = series.Sum(each => each.Sequence);
                if (total != place.Points)
                {
                    // After a reconnection the first event may name metrics that the caller has seen; it never leaves one out.
                    var changed = series.Where(each => sequences.GetValueOrDefault(each.Name) != each.Sequence)
                        .ToDictionary(each => each.Name, each => new LastPoint(each.LastStep, each.LastValue ?? double.NaN, each.Count));
                    await stream.Send("metrics", place = place with { Points = total },
                        new MetricsEvent(run.StepsDone, run.Steps, run.EpisodesDone, run.StepsPerSecond, changed), cancellation);
                }
                foreach (var each in series)
                    sequences[each.Name] = each.Sequence;
                var artifacts = await lab.Artifacts.AsNoTracking().Where(each => each.RunId == id && each.CreatedAt > place.Artifacts)
                    .OrderBy(each => each.CreatedAt).ThenBy(each => each.Name)
                    .Select(each => new ArtifactRow(each.Name, each.MediaType, each.Size, each.CreatedAt)).ToListAsync(cancellation);
                if (artifacts.Count > 0)
                    await stream.Send("artifacts", place = place with { Artifacts = artifacts[^1].CreatedAt }, new ArtifactList(artifacts), cancellation);
                if (lines.Count == LinesPerLook)
                    continue;
                if (run.Status.IsTerminal())
                    return;
            }
            await stream.Beat(cancellation);
            await Task.Delay(Look, time, cancellation);
        }
    }

    private static IQueryable<TransitionEvent> Transitions(LabDbContext lab, Guid id, long after) =>
        lab.RunEvents.AsNoTracking().Where(each => each.RunId == id && each.Id > after).OrderBy(each => each.Id)
            .Select(each => new TransitionEvent(each.Id, each.Time, each.From, each.To, each.Actor, each.Reason));

    /// <summary>How far a stream has come: last transition, last line of the log, changes of metrics in all, time of the last artifact.</summary>
    private sealed record Place(long Transition, long Line, long Points, DateTimeOffset Artifacts)
    {
        public static Place? Read(string text)
        {
            if (text.Length == 0)
                return new(0, 0, 0, DateTimeOffset.UnixEpoch);
            var parts = text.Split('.');
            return parts.Length == 4
                && Array.TrueForAll(parts, part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                && Number(parts[3]) < LastMicrosecond
                ? new(Number(parts[0]), Number(parts[1]), Number(parts[2]), DateTimeOffset.UnixEpoch.AddMicroseconds(Number(parts[3])))
                : null;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Transition}.{Line}.{Points}.{(Artifacts - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}");

        // The end of the year 9999.
        private const long LastMicrosecond = 253_402_300_799_000_000;

        private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>The lines of text/event-stream.</summary>
    private sealed class EventStream(HttpResponse response, TimeProvider time)
    {
        private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
        private DateTimeOffset quietSince = time.GetUtcNow();

        public Task Begin(CancellationToken cancellation) => Write("retry: 2000\n\n", cancellation);

        public Task Send(string type, Place place, object data, CancellationToken cancellation) =>
            Write($"id: {place}\nevent: {type}\ndata: {JsonSerializer.Serialize(data, ApiJson.Options)}\n\n", cancellation);

        public Task Beat(CancellationToken cancellation) =>
            time.GetUtcNow() - quietSince < Heartbeat ? Task.CompletedTask : Write(": still here\n\n", cancellation);

        private async Task Write(string text, CancellationToken cancellation)
        {
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
            await response.Body.FlushAsync(cancellation);
            quietSince = time.GetUtcNow();
        }
    }
}
