using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Where a page of a list ended: the sort it belongs to, the last row's sort value and its id. Opaque to callers.</summary>
public sealed record Cursor(string Sort, string Value, Guid Id)
{
    public string Write() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this));

    public static Cursor? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Cursor>(Base64Url.DecodeFromChars(text)) is { Sort: not null, Value: not null } cursor ? cursor : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException or DecoderFallbackException)
        {
            return null;
        }
    }
}
