    /// <summary>Asks the gateway for predictions of the project, and tells it the true values.</summary>
    /// <remarks>May be used from several threads; make one and keep it. Every prediction gets its id here,
    /// before it is asked for, so that asking again after a lost answer never counts twice.</remarks>
    public sealed class __Client__ : IDisposable
    {
        private static readonly Encoding Utf8 = new UTF8Encoding(false, true);
        private readonly HttpClient http;
        private readonly ClientOptions options;
        private readonly string token;
        private readonly string predictUrl;
        private readonly string labelsUrl;

        /// <summary>A client of one gateway.</summary>
        /// <param name="address">Of the gateway, such as http://gateway.plant:8000.</param>
        /// <param name="token">A client's token; empty where the gateway asks for none.</param>
        /// <param name="options">Time-outs and retries; null takes the usual ones.</param>
        public __Client__(string address, string token, ClientOptions options = null)
        {
            if (address == null)
            {
                throw new ArgumentNullException("address");
            }
            this.options = options ?? new ClientOptions();
            this.token = token ?? "";
            string root = address.TrimEnd('/') + (this.options.Listener ? "" : "/v1/projects/" + __ProjectText__);
            string version = this.options.Version;
            predictUrl = root + (version.Length == 0 ? "" : "/versions/" + Uri.EscapeDataString(version)) + "/predict";
            labelsUrl = root + "/labels";
            HttpMessageHandler own = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
            http = new HttpClient(this.options.Handler ?? own, this.options.Handler == null);
            http.Timeout = Timeout.InfiniteTimeSpan;
        }

        /// <summary>Gives the connections back.</summary>
        public void Dispose()
        {
            http.Dispose();
        }

        /// <summary>One prediction.</summary>
        /// <param name="input">What is known.</param>
        /// <param name="cancellation">Ends the waiting.</param>
        /// <returns>The prediction; keep its Id to tell the true value later.</returns>
        /// <exception cref="RelevoException">The gateway refused, or could not be reached in time.</exception>
        public async Task<__Prediction__> PredictAsync(
            __Input__ input, CancellationToken cancellation = default(CancellationToken))
        {
            IReadOnlyList<__Prediction__> all =
                await PredictBatchAsync(new[] { input }, null, cancellation).ConfigureAwait(false);
            return all[0];
        }

        /// <summary>Predictions of many inputs in one request, in their order.</summary>
        /// <param name="inputs">What is known; none gives none.</param>
        /// <param name="ids">One an input, made by PredictionId.New and kept where an application wants to ask
        /// again after its own restart; null makes them here.</param>
        /// <param name="cancellation">Ends the waiting.</param>
        /// <returns>One prediction an input.</returns>
        /// <exception cref="RelevoException">The gateway refused, or could not be reached in time.</exception>
        public async Task<IReadOnlyList<__Prediction__>> PredictBatchAsync(
            IReadOnlyList<__Input__> inputs,
            IReadOnlyList<string> ids = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            if (inputs == null)
            {
                throw new ArgumentNullException("inputs");
            }
            if (inputs.Count == 0)
            {
                return new __Prediction__[0];
            }
            var text = new StringBuilder("{\"instances\":[");
            for (int index = 0; index < inputs.Count; index++)
            {
                if (inputs[index] == null)
                {
                    throw new ArgumentException("Input " + index + " is null.", "inputs");
                }
                text.Append(index == 0 ? "" : ",");
                inputs[index].Write(text, index);
            }
            text.Append("],\"ids\":[");
            int count = ids == null ? inputs.Count : ids.Count;
            for (int index = 0; index < count; index++)
            {
                text.Append(index == 0 ? "" : ",");
                Json.WriteText(text, ids == null ? PredictionId.New() : ids[index]);
            }
            text.Append("]}");
            object answer = await PostAsync(predictUrl, text.ToString(), cancellation).ConfigureAwait(false);
            List<object> rows = Json.List(Json.Member(answer, "predictions"));
            if (rows.Count != inputs.Count)
            {
                throw new RelevoException(200, "unreadable", "The answer holds another number of predictions.");
            }
            var predictions = new __Prediction__[rows.Count];
            for (int index = 0; index < predictions.Length; index++)
            {
                predictions[index] = new __Prediction__(rows[index]);
            }
            return predictions;
        }

        /// <summary>Tells what really happened; telling it again, late or in any order is harmless.</summary>
        /// <param name="id">Of the prediction.</param>
        /// <param name="label">The true value.</param>
        /// <param name="cancellation">Ends the waiting.</param>
        /// <returns>What became of it.</returns>
        /// <exception cref="RelevoException">The gateway refused, or could not be reached in time.</exception>
        public Task<LabelCounts> LabelAsync(
            string id, __LabelType__ label, CancellationToken cancellation = default(CancellationToken))
        {
            return LabelBatchAsync(new[] { new KeyValuePair<string, __LabelType__>(id, label) }, cancellation);
        }

        /// <summary>Tells many true values in one request.</summary>
        /// <param name="labels">Ids of predictions with their true values; none tells nothing.</param>
        /// <param name="cancellation">Ends the waiting.</param>
        /// <returns>What became of them.</returns>
        /// <exception cref="RelevoException">The gateway refused, or could not be reached in time.</exception>
        public async Task<LabelCounts> LabelBatchAsync(
            IReadOnlyList<KeyValuePair<string, __LabelType__>> labels,
            CancellationToken cancellation = default(CancellationToken))
        {
            if (labels == null)
            {
                throw new ArgumentNullException("labels");
            }
            var text = new StringBuilder("[");
            for (int index = 0; index < labels.Count; index++)
            {
                text.Append(index == 0 ? "{\"id\":" : ",{\"id\":");
                Json.WriteText(text, labels[index].Key);
                text.Append(",\"label\":");
                __WriteLabel__;
                text.Append("}");
            }
            object answer = labels.Count == 0
                ? null
                : await PostAsync(labelsUrl, text.Append("]").ToString(), cancellation).ConfigureAwait(false);
            return new LabelCounts(answer);
        }

        private async Task<object> PostAsync(string url, string body, CancellationToken cancellation)
        {
            byte[] content = Utf8.GetBytes(body);
            Stopwatch watch = Stopwatch.StartNew();
            for (int attempt = 0; ; attempt++)
            {
                RelevoException failure;
                try
                {
                    return await AttemptAsync(url, content, watch, cancellation).ConfigureAwait(false);
                }
                catch (RelevoException error) when (error.MayBeTriedAgain && attempt < options.Retries)
                {
                    failure = error;
                }
                TimeSpan pause = Backoff.Pause(options, attempt, failure.RetryAfter);
                if (watch.Elapsed + pause >= options.TotalTimeout)
                {
                    throw failure;
                }
                await Task.Delay(pause, cancellation).ConfigureAwait(false);
            }
        }

        private async Task<object> AttemptAsync(
            string url, byte[] content, Stopwatch watch, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            TimeSpan left = options.TotalTimeout - watch.Elapsed;
            using (CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            using (var request = new HttpRequestMessage(HttpMethod.Post, url))
            {
                TimeSpan most = left < options.AttemptTimeout ? left : options.AttemptTimeout;
                limit.CancelAfter(Backoff.AtLeastNothing(most));
                request.Content = new ByteArrayContent(content);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                if (token.Length > 0)
                {
                    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                }
                try
                {
                    using (HttpResponseMessage response =
                        await http.SendAsync(request, limit.Token).ConfigureAwait(false))
                    {
                        byte[] answer = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
                        return Answers.Read(response, Encoding.UTF8.GetString(answer));
                    }
                }
                catch (OperationCanceledException error)
                {
                    cancellation.ThrowIfCancellationRequested();
                    throw new RelevoException(0, "timeout", "The gateway did not answer in time.", error);
                }
                catch (Exception error) when (
                    error is HttpRequestException || error is WebException || error is IOException)
                {
                    // Some runtimes tell a cancelled request as one that was cut.
                    cancellation.ThrowIfCancellationRequested();
                    string why = error.GetBaseException().Message;
                    throw new RelevoException(0, "unreachable", "The gateway cannot be reached: " + why, error);
                }
            }
        }
    }
