using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol;
using Slideport.Sam.Tests;

namespace Slideport.Faults.Tests.Sam;

/// <summary>What a scanner is answered while SAM's database cannot do its part.</summary>
internal static class Refusals
{
    /// <summary>Tells of an image.</summary>
    /// <returns>Null when it was acknowledged, else why not.</returns>
    internal static async Task<string?> TellAsync(HttpClient scanner, string imageId)
    {
        using var response = await scanner.PutAsJsonAsync($"scanner/images/{imageId}", TestImage.Of(imageId), ProtocolJson.Options, TestContext.Current.CancellationToken);
        return response.IsSuccessStatusCode ? null : await SentenceAsync(response);
    }

    /// <summary>The sentence of a refusal, which is one that asks to come again.</summary>
    internal static async Task<string> SentenceAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.ServiceUnavailable, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.InRange(response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        return (string)JsonNode.Parse(text)!["detail"]!;
    }
}
