using System.Security.Cryptography;
using System.Text;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Marks a route whose POST creates something, and therefore takes an Idempotency-Key.</summary>
public sealed record CreatesMetadata;

/// <summary>The same creation sent twice, with the same Idempotency-Key, happens once and gets the same answer.</summary>
public static class IdempotentRequests
{
    public const string Header = "Idempotency-Key";
    private const int LongestKey = 200;

    // An answer outlives any client's patience; a request at work longer than this belonged to a process that died.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(5);

    public static async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<CreatesMetadata>() is null
            || !context.Request.Headers.TryGetValue(Header, out var given))
        {
            await next(context);
            return;
        }
        var key = given.ToString();
        if (key.Length is 0 or > LongestKey)
        {
            await new ProblemResult(StatusCodes.Status400BadRequest, $"An {Header} has 1 to {LongestKey} characters.")
                .ExecuteAsync(context);
            return;
        }
        var (bytes, refusal) = await RequestBody.ReadAsync(context, RequestBody.Largest);
        if (refusal is not null)
        {
            await refusal.ExecuteAsync(context);
            return;
        }
        var target = Encoding.UTF8.GetBytes($"{context.Request.Method} {context.Request.Path}\n");
        var hash = Convert.ToHexStringLower(SHA256.HashData([.. target, .. bytes]));
        var contexts = context.RequestServices.GetRequiredService<IDbContextFactory<LabDbContext>>();
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        if (await Reserve(contexts, key, hash, now, context.RequestAborted) is { } earlier)
            await Repeat(context, earlier, hash);
        else
            await Answer(context, next, contexts, key);
    }

    private static async Task<IdempotencyKey?> Reserve(
        IDbContextFactory<LabDbContext> contexts, string key, string hash, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var (oldest, abandoned) = (now - Kept, now - Abandoned);
        await lab.IdempotencyKeys.Where(each => each.CreatedAt < oldest || (each.StatusCode == 0 && each.CreatedAt < abandoned))
            .ExecuteDeleteAsync(cancellation);
        if (await lab.IdempotencyKeys.AsNoTracking().SingleOrDefaultAsync(each => each.Key == key, cancellation) is { } earlier)
            return earlier;
        lab.IdempotencyKeys.Add(new() { Key = key, RequestHash = hash, CreatedAt = now });
        try
        {
            await lab.SaveChangesAsync(cancellation);
            return null;
        }
        catch (DbUpdateException)
        {
            // The key is the table's primary key: of two at once, one ends here.
            return await lab.IdempotencyKeys.AsNoTracking().SingleAsync(each => each.Key == key, cancellation);
        }
    }

    private static async Task Repeat(HttpContext context, IdempotencyKey earlier, string hash)
    {
        if (earlier.RequestHash != hash)
            await new ProblemResult(StatusCodes.Status422UnprocessableEntity, $"This {Header} was used for another request. Use a new one.")
                .ExecuteAsync(context);
        else if (earlier.StatusCode == 0)
        {
            context.Response.Headers.RetryAfter = "1";
            await ProblemResult.Conflict("The first request with this key is still at work.").ExecuteAsync(context);
        }
        else
        {
            context.Response.StatusCode = earlier.StatusCode;
            context.Response.ContentType = earlier.ContentType;
            context.Response.Headers.Location = earlier.Location;
            context.Response.Headers["Idempotency-Replayed"] = "true";
            await context.Response.Body.WriteAsync(earlier.Body, context.RequestAborted);
        }
    }

    private static async Task Answer(HttpContext context, RequestDelegate next, IDbContextFactory<LabDbContext> contexts, string key)
    {
        var outside = context.Response.Body;
        using var inside = new MemoryStream();
        context.Response.Body = inside;
        var succeeded = false;
        try
        {
            await next(context);
            succeeded = context.Response.StatusCode is >= 200 and < 300;
        }
        finally
        {
            context.Response.Body = outside;
            // What was refused created nothing: its key may be used again. Stored even when the caller has gone: they will ask again.
            await using var lab = await contexts.CreateDbContextAsync(CancellationToken.None);
            var row = lab.IdempotencyKeys.Where(each => each.Key == key);
            var (status, location, type, body) =
                (context.Response.StatusCode, context.Response.Headers.Location.ToString(), context.Response.ContentType, inside.ToArray());
            if (succeeded)
                await row.ExecuteUpdateAsync(set => set
                    .SetProperty(each => each.StatusCode, status).SetProperty(each => each.Location, location)
                    .SetProperty(each => each.ContentType, type).SetProperty(each => each.Body, body), CancellationToken.None);
            else
                await row.ExecuteDeleteAsync(CancellationToken.None);
        }
        await outside.WriteAsync(inside.ToArray(), context.RequestAborted);
    }
}
