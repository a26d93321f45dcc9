using System.Net.WebSockets;
using System.Text;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Web.Live;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Playing an environment, over a WebSocket.</summary>
public static class PlayEndpoint
{
    /// <summary>The most bytes of one command.</summary>
    public const int LargestCommand = 64 * 1024;

    public static void Map(RouteGroupBuilder group) =>
        group.MapGet("/environments/{id}/play", Play).WithName("PlayEnvironment").Produces(StatusCodes.Status101SwitchingProtocols);

    /// <summary>
    /// Plays an environment, over a WebSocket: one command in, one answer out. Commands: {"do":"start","environmentParameters":{},"seed":1};
    /// {"do":"reset","seed":2}, without a seed for the next episode; {"do":"step","action":[0],"count":30}, without an action at random,
    /// 240 steps at most; {"do":"goal","goal":{"x":0.5,"y":0}} where goals are places ("goalPlane" of "spec"). Answers: "kind" is started (with "spec" and "frames"), frames, problems (messages by JSON pointer), or ended (with
    /// "reason" and "message"), after which the connection closes.
    /// </summary>
    public static async Task<IResult> Play(string id, HttpContext context, PlaySessions sessions, IHostApplicationLifetime lifetime)
    {
        if (EnvironmentCatalog.Find(id) is not { } entry)
            return ProblemResult.NotFound(Problem.Unknown("environment", id, [.. EnvironmentCatalog.All.Select(known => known.Id)]));
        if (!context.WebSockets.IsWebSocketRequest)
            return new ProblemResult(StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket: commands in, pictures out.");
        return await Converse(context, lifetime, (receive, send, ending) => sessions.Play(entry.Id, receive, send, ending));
    }

    /// <summary>Holds a conversation over the request's WebSocket until either side ends it.</summary>
    internal static async Task<IResult> Converse(
        HttpContext context, IHostApplicationLifetime lifetime,
        Func<Func<Task<string?>>, Func<byte[], CancellationToken, Task>, CancellationToken, Task<PlayEnd?>> play)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var conversation = new Conversation(socket, context.RequestAborted);
        try
        {
            var end = await play(conversation.Receive, conversation.Send, ending.Token);
            await conversation.Close(conversation.Fault is { } fault ? new("refused", fault) : end);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // The page was closed in the middle of a word.
        }
        return TypedResults.Empty;
    }

    private sealed class Conversation(WebSocket socket, CancellationToken aborted)
    {
        private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);
        private readonly byte[] buffer = new byte[LargestCommand];

        /// <summary>Why the last message was not one.</summary>
        public string? Fault { get; private set; }

        public async Task<string?> Receive()
        {
            for (var length = 0; ;)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), aborted);
                if (part.MessageType == WebSocketMessageType.Close)
                    return null;
                length += part.Count;
                if (part.MessageType == WebSocketMessageType.Binary)
                    Fault = "Commands are text, one JSON object each.";
                else if (!part.EndOfMessage && length == buffer.Length)
                    Fault = $"A command has at most {LargestCommand} bytes.";
                if (Fault is not null)
                    return null;
                if (part.EndOfMessage)
                    return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }

        public Task Send(byte[] answer, CancellationToken cancellation) =>
            socket.SendAsync(answer, WebSocketMessageType.Text, endOfMessage: true, cancellation);

        public async Task Close(PlayEnd? end)
        {
            if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
                return;
            using var patience = new CancellationTokenSource(Farewell);
            if (end is not null)
                await Send(end.ToJson(), patience.Token);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, end?.Reason, patience.Token);
        }
    }
}
