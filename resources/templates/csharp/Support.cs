    /// <summary>How long to wait and how often to ask again.</summary>
    public sealed class ClientOptions
    {
        /// <summary>How long one attempt may take.</summary>
        public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>How long a call may take with all its attempts and pauses.</summary>
        public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(60);

        /// <summary>How often a failed attempt is made again; 0 for never.</summary>
        public int Retries { get; set; } = 5;

        /// <summary>The first pause; each next one is twice as long, less up to half of it by chance.</summary>
        public TimeSpan FirstPause { get; set; } = TimeSpan.FromMilliseconds(200);

        /// <summary>The longest pause, but for one that the gateway asks for.</summary>
        public TimeSpan LongestPause { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>Whether the address is a port of the project's own, where the routes stand at the root.</summary>
        public bool Listener { get; set; }

        /// <summary>A version to ask by name; empty leaves the choice to the project's policy.</summary>
        public string Version { get; set; } = "";

        /// <summary>Sends the requests, for applications with proxies or certificates of their own; null makes one.
        /// The client does not dispose of it.</summary>
        public HttpMessageHandler Handler { get; set; }
    }

    /// <summary>What went wrong, in the gateway's words.</summary>
    public sealed class RelevoException : Exception
    {
        /// <summary>An error.</summary>
        /// <param name="status">The HTTP status; 0 where no answer came.</param>
        /// <param name="code">For programs.</param>
        /// <param name="message">For people.</param>
        /// <param name="inner">What it comes from; may be null.</param>
        public RelevoException(int status, string code, string message, Exception inner = null)
            : base(message, inner)
        {
            Status = status;
            Code = code;
            Field = "";
            Remedy = "";
        }

        /// <summary>The HTTP status; 0 where no answer came.</summary>
        public int Status { get; private set; }

        /// <summary>Such as invalid_input, unauthorized, unavailable; timeout and unreachable where no answer
        /// came; unreadable where it was not the gateway's.</summary>
        public string Code { get; private set; }

        /// <summary>Which value is wrong, such as instances[0].ph; empty where the error is about none.</summary>
        public string Field { get; internal set; }

        /// <summary>What to do about it; may be empty.</summary>
        public string Remedy { get; internal set; }

        /// <summary>After how long the gateway wants to be asked again; null where it does not say.</summary>
        public TimeSpan? RetryAfter { get; internal set; }

        internal bool MayBeTriedAgain
        {
            get
            {
                return Status == 0 || Status == 408 || Status == 429 || (Status >= 502 && Status <= 504);
            }
        }
    }

    /// <summary>What became of the labels of one request.</summary>
    public sealed class LabelCounts
    {
        internal LabelCounts(object answer)
        {
            Accepted = Count(answer, "accepted");
            Corrected = Count(answer, "corrected");
            NotYetMatched = Count(answer, "not_yet_matched");
            UnknownClass = Count(answer, "unknown_class");
        }

        /// <summary>All that were taken.</summary>
        public int Accepted { get; private set; }

        /// <summary>How many replaced another label.</summary>
        public int Corrected { get; private set; }

        /// <summary>How many name an id under which no prediction is known yet.</summary>
        public int NotYetMatched { get; private set; }

        /// <summary>How many name a class that no model of the project knows.</summary>
        public int UnknownClass { get; private set; }

        private static int Count(object answer, string name)
        {
            return answer == null ? 0 : (int)Json.Number(Json.Member(answer, name));
        }
    }

    /// <summary>Makes ids of predictions: UUIDs of version 7 (RFC 9562), which hold the time.</summary>
    public static class PredictionId
    {
        /// <summary>A new id.</summary>
        /// <returns>Its text, as the gateway writes it.</returns>
        public static string New()
        {
            // Random everywhere, without the cryptographic library that a generator of random bytes may want.
            byte[] chance = Guid.NewGuid().ToByteArray();
            long milliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            var bytes = new byte[16];
            for (int index = 0; index < 6; index++)
            {
                bytes[index] = (byte)(milliseconds >> (40 - 8 * index));
            }
            // Without its bytes 6 to 9: they hold a Guid's own version and variant.
            Array.Copy(chance, 0, bytes, 6, 6);
            Array.Copy(chance, 12, bytes, 12, 4);
            bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
            bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
            string text = BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
            return text.Insert(20, "-").Insert(16, "-").Insert(12, "-").Insert(8, "-");
        }
    }

    internal static class Backoff
    {
        private static readonly Random Chance = new Random();

        /// <summary>The pause after a failed attempt; never shorter than the gateway asks for.</summary>
        internal static TimeSpan Pause(ClientOptions options, int attempt, TimeSpan? asked)
        {
            double whole = Math.Min(
                options.FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 30)),
                options.LongestPause.TotalMilliseconds);
            double share;
            lock (Chance)
            {
                share = 0.5 + Chance.NextDouble() / 2;
            }
            TimeSpan wanted = asked ?? TimeSpan.Zero;
            // Spread out those who were all told the same moment.
            return wanted + TimeSpan.FromMilliseconds(whole * share);
        }

        internal static TimeSpan AtLeastNothing(TimeSpan left)
        {
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    internal static class Answers
    {
        /// <summary>The JSON of a success; any other answer is thrown.</summary>
        internal static object Read(HttpResponseMessage response, string text)
        {
            int status = (int)response.StatusCode;
            object body = null;
            try
            {
                body = Json.Read(text);
            }
            catch (FormatException error)
            {
                if (status == 200)
                {
                    throw new RelevoException(status, "unreadable", "The answer is not the gateway's.", error);
                }
            }
            if (status == 200)
            {
                return body;
            }
            object told = Json.MemberOrNull(body, "error");
            string words = Json.MemberOrNull(told, "message") as string ?? "The gateway answered " + status + ".";
            throw new RelevoException(status, Json.MemberOrNull(told, "code") as string ?? "http", words)
            {
                Field = Json.MemberOrNull(told, "field") as string ?? "",
                Remedy = Json.MemberOrNull(told, "remedy") as string ?? "",
                RetryAfter = RetryAfter(response.Headers.RetryAfter),
            };
        }

        private static TimeSpan? RetryAfter(RetryConditionHeaderValue told)
        {
            if (told == null)
            {
                return null;
            }
            if (told.Delta.HasValue)
            {
                return told.Delta;
            }
            if (!told.Date.HasValue)
            {
                return null;
            }
            return Backoff.AtLeastNothing(told.Date.Value - DateTimeOffset.UtcNow);
        }
    }
