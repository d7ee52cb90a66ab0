using System.Text.Json.Nodes;

namespace Slideport.Dsr.Tests;

/// <summary>An image's metadata as SAM sends it.</summary>
internal static class TestImage
{
    internal static JsonObject Create(string imageId, string series, string? barcode = "S26-1;A1") => new()
    {
        ["imageId"] = imageId,
        ["seriesInstanceUid"] = series,
        ["barcode"] = barcode,
        ["scanTime"] = "2026-03-01T12:00:00Z",
        ["instances"] = new JsonArray(new JsonObject { ["sopInstanceUid"] = series + ".1", ["sha256"] = new string('a', 64), ["bytes"] = 100 }),
    };
}
