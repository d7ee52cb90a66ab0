namespace Slideport.Protocol.Time;

/// <summary>What one exchange with a time server showed.</summary>
/// <param name="Offset">How far the server's clock is ahead of one's own (RFC 5905 §8, theta); wrong by half of <paramref name="RoundTrip"/> at most, besides the server's own error.</param>
/// <param name="RoundTrip">How long question and answer were under way (RFC 5905 §8, delta); not negative.</param>
/// <param name="Stratum">Of the server, 1–15.</param>
/// <param name="Leap">What the server announces.</param>
/// <param name="RootDelay">The server's round trip to its reference clock.</param>
/// <param name="RootDispersion">The server's error against its reference clock.</param>
public sealed record NtpMeasurement(TimeSpan Offset, TimeSpan RoundTrip, int Stratum, LeapIndicator Leap, TimeSpan RootDelay, TimeSpan RootDispersion);
