using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Json;

namespace Slideport.Dsr.DicomWeb.Storing;

/// <summary>What is answered to a request that stored (PS3.18 10.5.3 and table 10.5.3-1): what lies here now, and what does not and why.</summary>
internal sealed class StoreAnswer
{
    private const int MaxWarnings = 5;
    private const int MaxWarning = 300;

    private readonly List<ReceivedInstance> _stored = [];
    private readonly List<ReceivedInstance> _refused = [];

    internal bool HasStored => _stored.Count > 0;

    internal bool IsEmpty => _stored.Count + _refused.Count == 0;

    internal void Add(ReceivedInstance instance) => (instance.Refusal is null ? _stored : _refused).Add(instance);

    /// <summary>Sends it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="type">The media type that it accepts.</param>
    internal async Task SendAsync(HttpContext http, string type)
    {
        http.Response.StatusCode = _refused.Count == 0 ? StatusCodes.Status200OK : HasStored ? StatusCodes.Status202Accepted : StatusCodes.Status409Conflict;
        http.Response.ContentType = type;
        SearchApi.Warn(http, _refused.Select(r => Printable(r.Refusal!.Sentence)).Distinct(StringComparer.Ordinal).Take(MaxWarnings));
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        new DicomJsonWriter(json).Write(DataSet(http));
        await json.FlushAsync(http.RequestAborted);
    }

    private DicomDataSet DataSet(HttpContext http)
    {
        var set = new DicomDataSet();
        if (_stored.Select(s => s.StudyUid).Distinct(StringComparer.Ordinal).ToList() is [var study])
            set.Set(Tags.RetrieveURL, WebAddresses.OfStudy(http, study));
        if (_refused.Where(r => r.SopInstanceUid.Length > 0).ToList() is { Count: > 0 } failed)
            set.Set(Tags.FailedSOPSequence, [.. failed.Select(f => Reference(f).Set(Tags.FailureReason, f.Refusal!.Reason.Code))]);
        if (HasStored)
            set.Set(Tags.ReferencedSOPSequence, [.. _stored.Select(s => Reference(s).Set(Tags.RetrieveURL, WebAddresses.OfInstance(http, (s.StudyUid, s.SeriesUid, s.SopInstanceUid))))]);
        if (_refused.Where(r => r.SopInstanceUid.Length == 0).ToList() is { Count: > 0 } others)
            set.Set(Tags.OtherFailuresSequence, [.. others.Select(o => new DicomDataSet().Set(Tags.FailureReason, o.Refusal!.Reason.Code))]);
        return set;
    }

    private static DicomDataSet Reference(ReceivedInstance instance) => new DicomDataSet().Set(Tags.ReferencedSOPClassUID, instance.SopClassUid).Set(Tags.ReferencedSOPInstanceUID, instance.SopInstanceUid);

    // A header holds no more (RFC 9110 5.5), and what a file says may be in a sentence about it.
    private static string Printable(string sentence) => new([.. sentence.Take(MaxWarning).Select(c => c is >= ' ' and <= '~' and not '\\' ? c : '?')]);
}
