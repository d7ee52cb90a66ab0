using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>Messages between the server and a process that makes pictures: four bytes of length, JSON, and behind it the bytes it tells of.</summary>
internal static class PixelFrames
{
    /// <summary>A message's bytes.</summary>
    internal static byte[] Of<T>(T message, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        var frame = new byte[sizeof(int) + json.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, json.Length);
        json.CopyTo(frame.AsSpan(sizeof(int)));
        return frame;
    }

    /// <summary>Reads a message.</summary>
    /// <returns>Null where the stream ends before it.</returns>
    /// <exception cref="InvalidDataException">It is none.</exception>
    /// <exception cref="EndOfStreamException">The stream ends inside it.</exception>
    internal static async ValueTask<T?> ReadAsync<T>(Stream stream, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var head = new byte[sizeof(int)];
        if (await stream.ReadAtLeastAsync(head, 1, throwOnEndOfStream: false, cancellationToken) is var count && count == 0)
            return null;
        await stream.ReadExactlyAsync(head.AsMemory(count), cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 2 or > PixelLimits.MaxMessageBytes)
            throw new InvalidDataException($"A message of {length} bytes is none.");
        var json = new byte[length];
        await stream.ReadExactlyAsync(json, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new InvalidDataException("A message is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("A message is not what it should be.", e);
        }
    }
}
